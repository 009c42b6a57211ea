import { Agent, request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@grantgate/middleware/base/clock';
import { parseInstall } from '../../config/parse-install.ts';
import type { IncomingRequest } from '../../proxy/incoming-request.ts';
import type { CallerResponse } from '../../proxy/caller-response.ts';
import type { CallerResponseHead } from '../message/response-writer.ts';
import { openEntryPoint, type EntryPoint } from '../../entrypoints/entry-point.ts';

/** Calls on one response; the same on the fast path and the fallback. */
interface ResponseScript {
  readonly method: string;
  readonly head: CallerResponseHead;
  readonly parts: readonly { readonly bytes: number; readonly lent: boolean; readonly flush: boolean }[];
  /** Whether the last part is passed to `end`. */
  readonly together: boolean;
  readonly trailers: readonly string[];
  readonly isLast: boolean;
  /** Whether it is aborted instead of ended. */
  readonly breaksOff: boolean;
}

let entryPoint: EntryPoint;
let script: ResponseScript;
let closed = 0;
const defects: unknown[] = [];

function play(answer: CallerResponse): void {
  answer.onClose({ responseClosed: () => void (closed += 1) });
  if (script.isLast) answer.last();
  answer.begin(script.head);
  // Every lent part is in the same buffer, as on a real connection.
  const lent = Buffer.alloc(70_000);
  const rest = [...script.parts];
  const final = script.together ? rest.pop() : undefined;
  const toBytes = ({ bytes, lent: isLent }: ResponseScript['parts'][number], letter: number): Buffer =>
    isLent ? lent.subarray(0, bytes).fill(letter) : Buffer.alloc(bytes, letter);
  for (const [index, part] of rest.entries()) {
    answer.write(toBytes(part, 97 + index), part.lent);
    if (part.flush) answer.flush();
  }
  if (script.breaksOff) {
    answer.flush();
    answer.cut();
  } else if (final === undefined) answer.end(undefined, false, script.trailers);
  else answer.end(toBytes(final, 122), final.lent, script.trailers);
  lent.fill(63);
}

beforeAll(async () => {
  const config = parseInstall('entryPoints: { web: { address: "127.0.0.1:0" } }', 'grantgate.yaml').config!;
  entryPoint = await openEntryPoint(config.entryPoints.get('web')!, {
    clock: systemClock,
    handle: ({ response: answer }: IncomingRequest) => {
      play(answer);
      return { refuse() {} };
    },
    certificates: [],
    onError: (error) => void defects.push(error),
  });
});
afterAll(() => entryPoint.drain());

/** How much of an aborted response arrives depends on timing. */
const broken = { broken: true };

/** The response that a caller reads. @param target in absolute form for the fallback. */
function receive(target: string, { method }: ResponseScript): Promise<object> {
  return new Promise((resolve) => {
    const { port } = entryPoint;
    const agent = new Agent({ keepAlive: true });
    const sent = httpRequest({
      port,
      host: '127.0.0.1',
      method,
      path: target,
      headers: { Host: 'a' },
      agent,
    });
    sent.on('error', () => resolve(broken));
    sent.on('response', (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (part: string) => (body += part));
      response.on('error', () => {});
      response.on('close', () => {
        const { statusCode, statusMessage, rawHeaders, rawTrailers, complete } = response;
        const headers = rawHeaders.map((text, at) => (rawHeaders[at - 1] === 'Date' ? 'now' : text));
        resolve(complete ? { statusCode, statusMessage, headers, body, rawTrailers } : broken);
        agent.destroy();
      });
    });
    sent.end();
  });
}

const part = fc.record({
  bytes: fc.constantFrom(0, 1, 5, 4096, 4097, 70_000),
  lent: fc.boolean(),
  flush: fc.boolean(),
});
const scripts: fc.Arbitrary<ResponseScript> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD'),
    status: fc.constantFrom(200, 200, 404, 204, 304, 500),
    reason: fc.constantFrom('OK', '', 'Some Thing'),
    more: fc.array(
      fc.constantFrom(['X-A', '1'], ['x-odd', '\xff\x80'], ['Set-Cookie', 'a=b'], ['X-Empty', '']),
      {
        maxLength: 3,
      },
    ),
    date: fc.constantFrom([], [], ['date', 'Thu, 01 Jan 1970 00:00:00 GMT']),
    dated: fc.boolean(),
    reused: fc.boolean(),
    hasLength: fc.boolean(),
    parts: fc.array(part, { maxLength: 4 }),
    together: fc.boolean(),
    trailers: fc.constantFrom([], [], ['x-sum', '4'], ['x-sum', '4', 'content-length', '3']),
    isLast: fc.boolean(),
    breaksOff: fc.oneof(
      { weight: 5, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  })
  .map(({ status, reason, more, date, dated, reused, hasLength, ...script }) => {
    const bodiless = status === 204 || status === 304;
    const parts = bodiless ? [] : script.parts;
    const length = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const headers: string[] = [...more.flat(), ...date];
    if (hasLength && !bodiless) headers.push('Content-Length', String(length));
    // A response with a length may have arrived completely.
    const breaksOff = script.breaksOff && !hasLength && !bodiless && script.method !== 'HEAD';
    return { ...script, breaksOff, parts, head: { status, reason, headers, dated, reused } };
  });

describe('a response', () => {
  it('is the same to the caller, whether the fast path or the fallback writes it', async () => {
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(scripts, async (one) => {
        script = one;
        const byNode = await receive('http://a/', one);
        const short = await receive('/', one);
        answers += 2;
        expect(short).toEqual(byNode);
      }),
      { numRuns: 400 },
    );
    await expect.poll(() => closed).toBe(answers);
    expect(defects).toEqual([]);
  });
});
