import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

/**
 * Bytes of the heap per call, without optimising compilers: the same in every run, and on Node.js 20 and 24. Where one of them needs
 * more, the reason belongs beside it; an object or a closure more is 24 bytes at least, a promise over 50.
 */
const budgets = {
  // The clock's number, and what an interpreter makes of each intermediate one.
  'decision, gateway level': 160,
  'decision, application level': 240,
  // The decision alone: traces that are off add nothing.
  "a middleware's decision, without traces": 240,
  // Once per token: iterators over the conditions and over the keys of each path.
  'claims, texts and a number': 632,
  // The closures that look through the list, too.
  'claims, a list': 440,
  // Nothing for its own, a number of the interpreter's: the headers are changed where they are.
  "an application's request, its headers": 32,
  // The line with the request's ID, put after what is kept, and what the two are handed on in.
  'a proxied request, as another before': 296,
  // The lines themselves, and what they are made of.
  'a proxied request, its headers new': 4488,
  // The budget above, the objects that follow a request, a line of JSON in the log, and the texts that go out. 80 of them
  // remember what is needed to repeat a request with another token.
  // With the context of a match, which the match among routers below has too. Seven members more carry trailers and the deadline of gRPC.
  'a request, from byte to byte': 7036,
  // The budget for two more steps: their list, the parts of the path and the new one, and allocations of the interpreter.
  'a request with changes of headers and path, from byte to byte': 7860,
  // The context that rules are evaluated on, and iterators over those that are asked.
  'match among 10 routers': 392,
  // Found by path: the visitor of the prefix tree too.
  'match among 1000 routers': 624,
  // Everything that is found is there, and whole numbers are no objects.
  'counting, whole milliseconds': 0,
  // 48 for each sum of durations, of the entry point, the router and the service: what an interpreter makes of each intermediate
  // number. Compiled, it is nothing.
  'counting, forwarded': 144,
  'counting, refused': 96,
  'counting, checked': 48,
};
/** Less than the smallest object; more than other activity adds per call. */
const toleratedBytes = 12;

const flags = ['--expose-gc', '--no-opt', '--no-maglev', '--single-threaded'];
const semiSpace = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

const program = fileURLToPath(new URL('allocations.mjs', import.meta.url));
/** Processes that are measured at most. */
const maxProcesses = 7;

/**
 * The least that each call was seen to allocate. On a busy machine the engine now and then allocates some 20 bytes more for each call
 * of a whole process; what the call itself allocates is in every one of them.
 */
async function measure(): Promise<Record<string, number>> {
  const least: Record<string, number> = {};
  for (let count = 0; count < maxProcesses; count += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...semiSpace, program], {
      // No flags of the runner's own.
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
