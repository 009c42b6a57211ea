import type { CallExplanation } from '@grantgate/middleware/predicate/explain';
import type { Style } from './style.ts';

/** One line per call of an expression: its result and the reason. */
export function formatCalls(calls: readonly CallExplanation[], style: Style): string {
  const rows = calls.map((call) => ({ ...call, text: call.text.replaceAll(/\s*\n\s*/g, ' ') }));
  const width = Math.min(60, Math.max(...rows.map(({ text }) => text.length)));
  return rows
    .map(
      ({ result, text, why }) =>
        `  ${formatResult(result, style)}${result ? ' ' : ''}  ${text.padEnd(width)}  ${style.faint(why)}\n`,
    )
    .join('');
}

export const formatResult = (result: boolean, style: Style): string =>
  result ? style.good('true') : style.bad('false');
