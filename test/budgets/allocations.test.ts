import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

/**
 * Bytes of the heap per call, without optimising compilers: the same in every run, and on Node.js 20 and 24. If a call needs more,
 * the reason is written beside it; another object or closure takes at least 24 bytes, a promise more than 50.
 */
const budgets = {
  // The number of the clock, and the intermediate numbers of the interpreter.
  'decision, gateway level': 160,
  'decision, application level': 240,
  // Only the decision: disabled traces add nothing.
  "a middleware's decision, without traces": 240,
  // Once per token: iterators over the conditions and over the keys of each path.
  'claims, texts and a number': 632,
  // Includes the closures that search the list.
  'claims, a list': 440,
  // Only a number of the interpreter: the headers are changed in place.
  "an application's request, its headers": 32,
  // The line with the request's ID, which follows the other lines, and the object that passes both on.
  'a proxied request, as another before': 296,
  // The lines themselves, and their parts.
  'a proxied request, its headers new': 4488,
  // The budget above, the objects that follow a request, a line of JSON in the log, and the texts that are sent. 80 of them
  // remember what is needed to repeat a request with another token. Includes the context of a match, as the match among routers
  // below does. Seven more members carry trailers and the deadline of gRPC.
  'a request, from byte to byte': 7036,
  // The budget for two more steps: their list, the parts of the path, the new path, and allocations of the interpreter.
  'a request with changes of headers and path, from byte to byte': 7860,
  // The context for the evaluation of rules, and iterators over the rules that are evaluated.
  'match among 10 routers': 392,
  // Found by path: includes the visitor of the prefix tree.
  'match among 1000 routers': 624,
  // Everything is found, and whole numbers are no objects.
  'counting, whole milliseconds': 0,
  // 48 for each sum of durations, of the entry point, the router and the service, for intermediate numbers of the interpreter.
  // Compiled code allocates none.
  'counting, forwarded': 144,
  'counting, refused': 96,
  'counting, checked': 48,
};
/** Less than the smallest object; more than other activity adds per call. */
const toleratedBytes = 12;

const flags = ['--expose-gc', '--no-opt', '--no-maglev', '--single-threaded'];
const semiSpace = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

const program = fileURLToPath(new URL('allocations.mjs', import.meta.url));
/** Maximum number of measured processes. */
const maxProcesses = 7;

/**
 * The least that a process allocated per call. On a busy machine, the engine sometimes allocates about 20 bytes more per call in a
 * whole process; the allocations of the call itself are in every process.
 */
async function measure(): Promise<Record<string, number>> {
  const least: Record<string, number> = {};
  for (let count = 0; count < maxProcesses; count += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...semiSpace, program], {
      // Without the flags of the test runner.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    for (const [name, bytes] of Object.entries(JSON.parse(stdout) as Record<string, number>))
      least[name] = Math.min(least[name] ?? Infinity, bytes);
    const isWithin = ([name, budget]: [string, number]): boolean =>
      (least[name] ?? Infinity) < budget + toleratedBytes;
    if (Object.entries(budgets).every(isWithin)) break;
  }
  return least;
}

describe('bytes allocated per request by the result of `make build`', () => {
  let bytes: Record<string, number> = {};
  beforeAll(async () => void (bytes = await measure()));

  it.each(Object.entries(budgets))('%s: at most %i bytes', (name, budget) => {
    expect(bytes[name]).toBeGreaterThanOrEqual(0);
    expect(bytes[name]).toBeLessThan(budget + toleratedBytes);
  });
});
