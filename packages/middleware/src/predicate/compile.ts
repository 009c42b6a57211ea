import { proposeName } from '../base/names.ts';
import type { Call, Node } from './ast.ts';
import type { Diagnostic } from './diagnostic.ts';
import { createDiagnostic } from './diagnostic.ts';
import type { FunctionTable } from './functions.ts';
import { findFunction } from './functions.ts';
import { parsePredicate } from './parse.ts';

export type Evaluate<C> = (context: C) => boolean;
export type CompileResult<C> =
  | { readonly ok: true; readonly evaluate: Evaluate<C> }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Maximum number of faults reported for one expression. Locating one takes time proportional to the source before it. */
export const maxDiagnostics = 100;

/** Compiles an expression to closures; reports all faults at once, up to `maxDiagnostics`, in source order. */
export function compilePredicate<C>(source: string, table: FunctionTable<C>): CompileResult<C> {
  const parsed = parsePredicate(source);
  return parsed.ok ? compileTree(parsed.ast, source, table) : { ok: false, diagnostics: [parsed.diagnostic] };
}

/** Compiles a tree, or a part of one, that was parsed from `source`. */
export function compileTree<C>(tree: Node, source: string, table: FunctionTable<C>): CompileResult<C> {
  const diagnostics: Diagnostic[] = [];
  const evaluate = compileNode(tree, table, (span, message) => {
    if (diagnostics.length < maxDiagnostics)
      diagnostics.push(createDiagnostic(source, span.offset, span.length, message));
    return never;
  });
  return diagnostics.length === 0 ? { ok: true, evaluate } : { ok: false, diagnostics };
}

type ReportDiagnostic = (
  span: { readonly offset: number; readonly length: number },
  message: string,
) => () => boolean;
const never = (): boolean => false;

function compileNode<C>(node: Node, table: FunctionTable<C>, report: ReportDiagnostic): Evaluate<C> {
  if (node.kind === 'call') return compileCall(node, table, report);
  if (node.kind === 'not') {
    const inner = compileNode(node.operand, table, report);
    return (context) => !inner(context);
  }
  const operands = node.operands.map((operand) => compileNode(operand, table, report));
  return node.kind === 'and'
    ? (context) => {
        for (const operand of operands) if (!operand(context)) return false;
        return true;
      }
    : (context) => {
        for (const operand of operands) if (operand(context)) return true;
        return false;
      };
}

function compileCall<C>(call: Call, table: FunctionTable<C>, report: ReportDiagnostic): Evaluate<C> {
  const entry = findFunction(table, call.name);
  if (entry === undefined) {
    return report(
      { offset: call.offset, length: call.name.length },
      `unknown function ${call.name}: ${proposeName(call.name, Object.keys(table))}`,
    );
  }
  const least = entry.required ?? entry.parameters.length;
  const most = entry.repeats === true ? Infinity : entry.parameters.length;
  if (call.args.length < least || call.args.length > most) {
    const signature = `${entry.parameters.join(', ')}${entry.repeats === true ? ', ...' : ''}`;
    return report(
      call,
      `${call.name} takes (${signature}), not ${call.args.length} argument${call.args.length === 1 ? '' : 's'}`,
    );
  }
  const built = entry.build(call.args.map((arg) => arg.value));
  return typeof built === 'function' ? built : report(call.args[built.argument] ?? call, built.message);
}
