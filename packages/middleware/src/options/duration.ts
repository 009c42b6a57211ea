import { z } from 'zod';

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const term = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** A duration as Traefik reads it: a Go duration (`30s`, `1m30s`, `500ms`) or a whole number of seconds. Milliseconds, or undefined. */
export function parseDurationMs(written: string | number): number | undefined {
  if (typeof written === 'number')
    return Number.isSafeInteger(written) && written >= 0 ? written * 1000 : undefined;
  if (/^\d{1,12}$/.test(written)) return Number(written) * 1000;
  let total = 0;
  let at = 0;
  while (at < written.length) {
    term.lastIndex = at;
    const match = term.exec(written);
    if (match === null) return undefined;
    total += Number(match[1]) * (unitsMs[match[2] ?? ''] ?? 0);
    at = term.lastIndex;
  }
  return at === 0 || !Number.isFinite(total) ? undefined : total;
}

/** Longest delay of a timer of Node.js. */
const longestMs = 2 ** 31 - 1;

const expected = 'expected a duration such as 30s, 1m30s or 500ms, or whole seconds, up to 596h';

/** Schema of a duration; its output is milliseconds. */
export const duration: z.ZodType<number, number | string> = z
  .union([z.number(), z.string()], { error: expected })
  .transform((written, context) => {
    const ms = parseDurationMs(written);
    if (ms !== undefined && ms <= longestMs) return ms;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  })
  .meta({ title: 'duration' });
