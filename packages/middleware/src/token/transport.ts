import { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { Agent, buildConnector } from 'undici';
import type { Clock } from '../base/clock.ts';
import { decodeContent, readBounded, UnusableAnswer } from './bounded-body.ts';
import type { TokenEndpointOptions } from './endpoint.ts';

/** Bytes of an answer that are read at most, after decompression. */
export const maxAnswerBytes: number = 1024 * 1024;

/** Connections to one token endpoint. */
export interface Transport {
  /**
   * Sends a `POST` and reads the whole answer, up to `maxAnswerBytes`; redirects are not followed.
   *
   * @throws UnusableAnswer, the signal's reason, or a connection error.
   */
  post(url: string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Response>;
  close(): Promise<void>;
}

/** Statuses whose `Response` must not have a body (Fetch standard, null body status). */
const bodyless: ReadonlySet<number> = new Set([204, 205, 304]);

/** Headers of a response that mean something to us. */
const readHeaders = ['date', 'retry-after'] as const;

function pickHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of readHeaders) {
    const value = headers[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}

/** The decoded body. One that cannot be used is as good as none when the status alone says that there is no token. */
async function readContent({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Uint8Array> {
  try {
    const bytes = await readBounded(body, maxAnswerBytes);
    return await decodeContent(String(headers['content-encoding'] ?? ''), bytes, maxAnswerBytes);
  } catch (error) {
    if (error instanceof UnusableAnswer && statusCode >= 400) return new Uint8Array(0);
    throw error;
  }
}

/**
 * Opens and keeps connections for one token endpoint. The TLS options are read once, here.
 *
 * @throws Error of `node:tls` when a PEM text cannot be used.
 */
export function createTransport(
  { tls, timeoutMs }: Pick<TokenEndpointOptions, 'tls' | 'timeoutMs'>,
  clock: Clock,
): Transport {
  const connector = buildConnector({
    secureContext: createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key?.reveal() }),
    rejectUnauthorized: !tls.insecureSkipVerify,
    timeout: 0,
  });
  // The type says void; it returns the socket, which undici wants back.
  const connect: (...args: Parameters<typeof connector>) => unknown = connector;
  const agent = new Agent({
    // undici's own limits are off: one time-out, by the injected clock, covers connection, head and body.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(options, callback) {
      // An aborted request leaves its connection attempt behind; without a limit, the next request would wait on that one.
      const timer = clock.after(timeoutMs, () => {
        if (socket instanceof Socket) socket.destroy(new Error('connection attempt timed out'));
      });
      const socket = connect(options, (...result) => {
        timer.cancel();
        callback(...result);
      });
      return socket;
    },
  });
  return {
    async post(url, headers, body, signal): Promise<Response> {
      const { origin, pathname, search } = new URL(url);
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers: { ...headers, 'accept-encoding': 'identity' },
        body,
        signal,
      });
      const status = answer.statusCode;
      const content = await readContent(answer);
      if (status > 599) throw new UnusableAnswer(`the token endpoint answered ${status}`);
      return new Response(bodyless.has(status) ? null : Buffer.from(content), {
        status,
        headers: pickHeaders(answer.headers),
      });
    },
    close: () => agent.close(),
  };
}
