import type { Call, Node } from './ast.ts';
import { compileTree } from './compile.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { FunctionTable } from './functions.ts';
import { findFunction } from './functions.ts';
import { parsePredicate } from './parse.ts';

/** What one call in an expression came to. */
export interface ExplainedCall {
  /** The call as written. */
  readonly text: string;
  /** UTF-16 code units from 0. */
  readonly offset: number;
  /** UTF-16 code units. */
  readonly length: number;
  /** Of the call itself: a `!` before it is not counted in. */
  readonly result: boolean;
  /** What the call found, for people; empty when its function does not say. */
  readonly why: string;
}

export type Explained =
  | { readonly ok: true; readonly result: boolean; readonly calls: readonly ExplainedCall[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Evaluates an expression and tells what each of its calls came to, in source order, also those that did not count. */
export function explainPredicate<C>(source: string, table: FunctionTable<C>, context: C): Explained {
  const parsed = parsePredicate(source);
  if (!parsed.ok) return { ok: false, diagnostics: [parsed.diagnostic] };
  const compiled = compileTree(parsed.ast, source, table);
  if (!compiled.ok) return compiled;
  const calls = callsOf(parsed.ast).map((call): ExplainedCall => {
    const { offset, length, name, args } = call;
    const alone = compileTree(call, source, table);
    const values = args.map((arg) => arg.value);
    return {
      text: source.slice(offset, offset + length),
      offset,
      length,
      result: alone.ok && alone.evaluate(context),
      why: findFunction(table, name)?.describe?.(values, context) ?? '',
    };
  });
  return { ok: true, result: compiled.evaluate(context), calls };
}

function callsOf(node: Node): readonly Call[] {
  if (node.kind === 'call') return [node];
  return node.kind === 'not' ? callsOf(node.operand) : node.operands.flatMap(callsOf);
}
