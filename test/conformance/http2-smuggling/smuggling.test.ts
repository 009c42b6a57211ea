import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameFlags, frameTypes, literals, toFrame } from '../../../packages/testkit/src/http2-frames.ts';
import { headersFrame, openRawHttp2, type RawHttp2 } from '../../../packages/testkit/src/raw-http2.ts';
import { startTestGateway, type TestGateway } from '../../e2e/gateway.testkit.ts';
import { decide, type DecidedRequest } from './decide.ts';
import { startRecorder, type Recorder } from './recorder.testkit.ts';
import { corpus, hostile, pseudoOf, type SmuggleSample } from './sample.ts';
import type { HeaderPair, StrictRequest } from './strict-reader.ts';

let recorder: Recorder;
let gateway: TestGateway;
beforeAll(async () => {
  recorder = await startRecorder();
  gateway = await startTestGateway({
    install: 'entryPoints: { web: { address: "127.0.0.1:0" } }',
    routes: {
      'routes.yaml': `
http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: server } }
  services: { server: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${recorder.port}" }] } } }
`,
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await recorder.close();
});

const data = (text: string, end: boolean): Buffer =>
  toFrame(frameTypes.data, end ? frameFlags.endStream : 0, 1, Buffer.from(text, 'latin1'));

async function send({ fields, body, trailers }: SmuggleSample): Promise<void> {
  const connection = await openRawHttp2(Number(new URL(gateway.url).port));
  const ends = trailers === undefined;
  connection.send(headersFrame(1, fields, body === undefined && ends));
  for (const [index, part] of (body ?? []).entries()) {
    connection.send(data(part, ends && index === (body ?? []).length - 1));
    await acknowledged(connection, index);
  }
  if (trailers !== undefined)
    connection.send(
      toFrame(frameTypes.headers, frameFlags.endStream | frameFlags.endHeaders, 1, literals(trailers)),
    );
  await connection.untilEnd(
    ({ type, flags }) =>
      type === frameTypes.reset ||
      type === frameTypes.goaway ||
      ((type === frameTypes.data || type === frameTypes.headers) && (flags & frameFlags.endStream) !== 0),
  );
  connection.socket.destroy();
}

/** Waits until the frames so far have been read, so that the next ones arrive later. */
async function acknowledged(connection: RawHttp2, index: number): Promise<void> {
  const payload = Buffer.alloc(8, index + 1);
  connection.send(toFrame(frameTypes.ping, 0, 0, payload));
  await connection.untilEnd(
    ({ type, payload: received }) =>
      type === frameTypes.goaway || (type === frameTypes.ping && received.equals(payload)),
  );
}

/** The part of a request that depends on the caller. */
function ofCaller({ method, target, headers, body, trailers }: StrictRequest): DecidedRequest {
  const isOwn = ([name]: HeaderPair): boolean =>
    !/^(connection|x-request-id|host|x-forwarded-.*|x-real-ip|content-length|transfer-encoding|te|trailer|expect)$/i.test(
      name,
    );
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  return { method, target, host, fields: headers.filter(isOwn), body, trailers };
}

let probes = 0;

/**
 * Sends a sample, and then a request that a server receives after everything that resulted from the sample.
 * @returns the problem.
 */
async function observe(sample: SmuggleSample): Promise<string | undefined> {
  const { requests, faults } = recorder;
  const before = requests.length;
  const { request, isCertain } = decide(sample);
  await send(sample);
  probes += 1;
  await send({ fields: pseudoOf('GET', `/probe/${probes}`) });
  const arrived = requests.slice(before);
  const probe = arrived.pop();
  const problem = (text: string): string =>
    `${text}: ${JSON.stringify({ sample, arrived: arrived.map(ofCaller), faults })}`;
  if (faults.length > 0) return problem('malformed bytes reached the server');
  if (probe?.target !== `/probe/${probes}`) return problem('the request after it did not arrive');
  if (arrived.length > 1) return problem('several requests arrived');
  const [first] = arrived;
  if (first === undefined) return isCertain ? problem('a valid request was refused') : undefined;
  if (request === undefined) return problem('it reached the server');
  const seen = ofCaller(first);
  const decided = {
    ...request,
    target: request.target ?? seen.target,
    trailers: isCertain
      ? request.trailers
      : request.trailers.filter((field) => includes(seen.trailers, field)),
  };
  return JSON.stringify(seen) === JSON.stringify(decided)
    ? undefined
    : problem(`it arrived as another request than ${JSON.stringify(decided)}`);
}

describe('an HTTP/2 request is refused, or arrives as one HTTP/1.1 request with the same content', () => {
  it.each(Object.entries(corpus))('when %s is unusual', async (_, samples) => {
    const problems: string[] = [];
    for (const sample of samples) {
      const problem = await observe(sample);
      if (problem !== undefined) problems.push(problem);
    }
    expect(problems.slice(0, 5)).toEqual([]);
  });

  it('in any combination of them', async () => {
    const all = Object.values(corpus).flat();
    const text = fc
      .array(fc.oneof(fc.constantFrom(...hostile), fc.constantFrom('a', 'b', '1', '-', 'x-forged')), {
        maxLength: 4,
      })
      .map((parts) => parts.join(''));
    const names = fc.oneof(
      text,
      fc.constantFrom('x-a', 'cookie', 'host', 'content-length', 'te', 'expect', 'connection'),
    );
    const field = fc.tuple(names, text);
    const samples = fc.record(
      {
        fields: fc
          .tuple(fc.constantFrom(...all), fc.constantFrom(...all), fc.array(field, { maxLength: 3 }))
          .map(([a, b, more]) => [...mix(a.fields, b.fields), ...more]),
        body: fc.array(fc.constantFrom('', 'abcd', 'a', '0\r\n\r\n', 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'), {
          minLength: 1,
          maxLength: 3,
        }),
        trailers: fc.array(field, { maxLength: 2 }),
      },
      { requiredKeys: ['fields'] },
    );
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const problem = await observe(sample);
        if (problem !== undefined) throw new Error(problem);
      }),
      { numRuns: 500, endOnFailure: true },
    );
    expect(recorder.faults).toEqual([]);
  });
});

/** Pseudo-header fields of one request, and other fields of both. */
function mix(a: readonly HeaderPair[], b: readonly HeaderPair[]): readonly HeaderPair[] {
  return [...a, ...b.filter(([name]) => !name.startsWith(':'))];
}

const includes = (fields: readonly HeaderPair[], field: HeaderPair): boolean =>
  fields.some((one) => one.join(':') === field.join(':'));
