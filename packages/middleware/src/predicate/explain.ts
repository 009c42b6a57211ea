import type { Call, Node } from './ast.ts';
import { compileTree } from './compile.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { FunctionTable } from './functions.ts';
import { findFunction } from './functions.ts';
import { parsePredicate } from './parse.ts';

/** Result of one call in an expression. */
export interface CallExplanation {
  /** The call as written. */
  readonly text: string;
  /** UTF-16 code units from 0. */
  readonly offset: number;
  /** UTF-16 code units. */
  readonly length: number;
  /** Result of the call itself, ignoring a `!` before it. */
  readonly result: boolean;
  /** Explanation in words; empty when the function has none. */
  readonly why: string;
}

export type Explanation =
  | { readonly ok: true; readonly result: boolean; readonly calls: readonly CallExplanation[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Evaluates an expression and returns the result of each call, in source order, including calls that do not affect the result.
 */
export function explainPredicate<C>(source: string, table: FunctionTable<C>, context: C): Explanation {
  const parsed = parsePredicate(source);
  if (!parsed.ok) return { ok: false, diagnostics: [parsed.diagnostic] };
  const compiled = compileTree(parsed.ast, source, table);
  if (!compiled.ok) return compiled;
  const calls = callsOf(parsed.ast).map((call): CallExplanation => {
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
