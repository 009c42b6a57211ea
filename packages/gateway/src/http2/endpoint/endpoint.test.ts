import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createReadBuffers } from '../../http1/message/read-buffers.ts';
import { openSocketPair } from '../../http1/message/socket-pair.testkit.ts';
import { createReadFrom } from '../../http1/server/socket-reads.ts';
import { errorCodes } from '../frames/error-code.ts';
import type { Http2Settings } from '../frames/settings.ts';
import { createWriteBuffers } from '../frames/write-buffers.ts';
import type { Http2EndpointListener } from './arriving-frames.ts';
import { Http2Endpoint, type Http2EndpointOptions } from './endpoint.ts';
import type { Http2Stream } from './stream.ts';
import type { Http2StreamListener } from './stream-listener.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const close of cleanups.splice(0)) close();
});

/** All that came on a stream until it was closed. */
interface CollectedMessage {
  readonly heads: readonly (readonly string[])[];
  readonly body: Buffer;
  readonly trailers: readonly string[] | undefined;
  readonly code: number | undefined;
}

/** Reads a stream to its end; pauses after every `pauseAfter` parts for a turn. */
function collect(
  stream: Http2Stream,
  pauseAfter: number,
  onEnd = (_body: Buffer): void => {},
): Promise<CollectedMessage> {
  return new Promise((resolve) => {
    const heads: (readonly string[])[] = [];
    const parts: Buffer[] = [];
    let trailers: readonly string[] | undefined;
    const listener: Http2StreamListener = {
      onFields: (fields) => void heads.push(fields),
      onData(part) {
        parts.push(Buffer.from(part));
        if (pauseAfter === 0 || parts.length % pauseAfter !== 0) return;
        stream.pause();
        setImmediate(() => stream.resume());
      },
      onFlush() {},
      onEnd(received) {
        trailers = received;
        onEnd(Buffer.concat(parts));
      },
      onDrained: () => onDrained.get(stream)?.(),
      onClosed: (code) => resolve({ heads, body: Buffer.concat(parts), trailers, code }),
    };
    stream.listener = listener;
    stream.resume();
  });
}

const onDrained = new Map<Http2Stream, () => void>();

/** Sends a body in parts, at the pace of the other side. */
function send(stream: Http2Stream, body: Buffer, partBytes: number, trailers: readonly string[]): void {
  let at = 0;
  const sendMore = (): void => {
    while (at + partBytes < body.length) {
      const part = body.subarray(at, at + partBytes);
      at += partBytes;
      if (!stream.write(part, false)) return;
    }
    onDrained.delete(stream);
    stream.end(body.subarray(at), true, trailers);
  };
  onDrained.set(stream, sendMore);
  sendMore();
}

const idle: Http2EndpointListener = {
  onRequest() {},
  onSettings() {},
  onControlFrame() {},
  onRejected() {},
  onStreamClosed() {},
  onGoaway() {},
  onPong() {},
  onClosed() {},
};

interface EndpointPair {
  readonly client: Http2Endpoint;
  readonly server: Http2Endpoint;
}

/** A client and a server on one connection. */
async function openPair(
  settings: Http2Settings,
  onRequest: (stream: Http2Stream, fields: readonly string[], server: Http2Endpoint) => void,
  listener: Partial<Http2EndpointListener> = {},
): Promise<EndpointPair> {
  const { accepted, caller, close } = await openSocketPair();
  cleanups.push(close);
  const options: Omit<Http2EndpointOptions, 'role'> = {
    settings,
    connectionWindow: 65_535,
    limits: { maxBytes: 65_536, maxFields: 100 },
    maxEncoderTableSize: 4096,
    buffers: createWriteBuffers(),
  };
  const readFrom = createReadFrom(createReadBuffers());
  const server: Http2Endpoint = new Http2Endpoint(
    accepted.on('error', () => {}),
    { role: 'server', ...options },
    { ...idle, ...listener, onRequest: (stream, fields) => onRequest(stream, fields, server) },
  );
  let onSettings = (): void => {};
  // Before that, a client would assume a larger window than this one.
  const settled = new Promise<void>((resolve) => (onSettings = resolve));
  const client = new Http2Endpoint(
    caller.on('error', () => {}),
    { role: 'client', ...options },
    { ...idle, onSettings },
  );
  readFrom(accepted, (bytes, lent) => server.read(bytes, lent));
  caller.on('data', (bytes: Buffer) => client.read(bytes, false));
  await settled;
  return { client, server };
}

const toBody = (length: number): Buffer => Buffer.alloc(length, 'abcdefghijk');
const head = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a.example'];

describe('two endpoints on one connection', () => {
  const message = record({
    bytes: constantFrom(0, 1, 100, 16_384, 16_385, 70_000, 300_000),
    partBytes: constantFrom(1000, 16_384, 100_000),
    hasTrailers: boolean(),
    pauseAfter: integer({ min: 0, max: 3 }),
  });
  const windows = constantFrom(1, 1000, 65_535, 1_000_000);

  test('carry every message whole, whatever the windows, sizes and pauses', async () => {
    await assert(
      asyncProperty(
        array(message, { minLength: 1, maxLength: 8 }),
        windows,
        async (messages, initialWindowSize) => {
          // A window of one byte sends a frame for each: short bodies are enough.
          const most = initialWindowSize === 1 ? 300 : Infinity;
          const trailersOf = (has: boolean): readonly string[] => (has ? ['x-sum', '1'] : []);
          const { client } = await openPair(
            { initialWindowSize, maxConcurrentStreams: 100 },
            (stream, fields) => {
              const { partBytes, hasTrailers, pauseAfter } = messages[Number(fields.at(-1))] ?? messages[0]!;
              void collect(stream, pauseAfter, (body) => {
                stream.sendFields([':status', '200'], false);
                send(stream, body, partBytes, trailersOf(hasTrailers));
              });
            },
          );
          const outcomes = await Promise.all(
            messages.map(({ bytes, partBytes, hasTrailers, pauseAfter }, index) => {
              const stream = client.open([...head, 'x-index', String(index)], false);
              const outcome = collect(stream, pauseAfter);
              send(stream, toBody(Math.min(bytes, most)), partBytes, trailersOf(hasTrailers));
              return outcome;
            }),
          );
          expect(
            outcomes.map(({ heads, body, trailers, code }) => [
              heads,
              body.length,
              body.equals(toBody(body.length)),
              trailers,
              code,
            ]),
          ).toEqual(
            messages.map(({ bytes, hasTrailers }) => [
              [[':status', '200']],
              Math.min(bytes, most),
              true,
              hasTrailers ? ['x-sum', '1'] : [],
              undefined,
            ]),
          );
          expect(client.streams.size).toBe(0);
          for (const close of cleanups.splice(0)) close();
        },
      ),
      { numRuns: 40 },
    );
  });

  test('tell each other why a stream is reset', async () => {
    const codes: (number | undefined)[] = [];
    const { client } = await openPair({}, (stream) => {
      void collect(stream, 0).then(({ code }) => codes.push(code));
      stream.reset(errorCodes.refusedStream);
    });
    const outcome = await collect(client.open(head, false), 0);
    expect([outcome.code, ...codes]).toEqual([errorCodes.refusedStream, errorCodes.refusedStream]);
  });

  test('finish the streams in flight when one of them closes the connection', async () => {
    const { client, server } = await openPair({}, (stream, _fields, own) => {
      stream.sendFields([':status', '200'], false);
      own.close();
      setImmediate(() => stream.end(Buffer.from('late'), true, []));
    });
    const outcome = await collect(client.open(head, true), 0);
    expect([outcome.body.toString(), outcome.code]).toEqual(['late', undefined]);
    expect(server.isClosing).toBe(true);
  });
});
