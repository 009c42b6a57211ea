import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '@grantgate/middleware/base/clock';
import { parseRetryAfter } from '@grantgate/middleware/token/retry-after';
import type { ApiAccess, ApiConnection } from './api-access.ts';
import { AccessError } from './access-error.ts';
import type { Result } from './fault.ts';
import { fail, succeed, toFault } from './fault.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Resource, Verb } from './resources.ts';

export interface ApiRequest {
  readonly resource: Resource;
  readonly verb: Verb;
  /** Low priority: waits for all other requests; default false. */
  readonly background?: boolean;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/** Sends requests to one API server. */
export interface ApiClient {
  /**
   * The body of a 2xx response, which the caller must read or destroy; anything else is a fault. After 401, and after a
   * TLS failure, the credentials are read again by the next request. After 429, or 503 with `Retry-After`, no
   * request is sent until the server allows one.
   */
  open(request: ApiRequest, signal: AbortSignal): Promise<Result<IncomingMessage>>;
  /** The parsed body of a response; faults as for `open`. */
  readJson(request: ApiRequest, signal: AbortSignal): Promise<Result<unknown>>;
}

/** Milliseconds for the connection and the head of a response, and between two parts of a body that is read completely. */
export const responseTimeoutMs = 30_000;
/** Maximum bytes of a page of a list; one object has at most 1.5 MiB. */
const maxBodyBytes = 256 * 1024 * 1024;
const maxStatusBytes = 64 * 1024;

/** Milliseconds without requests after a 429 without `Retry-After`. */
const overloadedMs = 1000;
const methods = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', patch: 'PATCH' } as const;

export interface ClientDeps {
  readonly access: ApiAccess;
  readonly clock: Clock;
  readonly limit: RateLimit;
  /** Called for each request with the status of its response, or the reason why there is none. Default: nothing. */
  readonly onRequest?: (request: ApiRequest, code: string) => void;
}

export function createClient({ access, clock, limit, onRequest }: ClientDeps): ApiClient {
  const open: ApiClient['open'] = async (request, signal) => {
    const { background = false } = request;
    if (!(await limit.acquire(background, signal))) return fail(closed);
    try {
      return await attempt(request, signal);
    } finally {
      if (background) limit.release();
    }
  };
  const attempt = async (request: ApiRequest, signal: AbortSignal): Promise<Result<IncomingMessage>> => {
    let prepared;
    try {
      prepared = await access.prepare();
    } catch (error) {
      if (error instanceof AccessError) return fail({ kind: 'credentials', message: error.message });
      throw error;
    }
    if (signal.aborted) return fail(closed);
    return send(request, prepared, signal);
  };
  const send = (
    request: ApiRequest,
    prepared: ApiConnection,
    signal: AbortSignal,
  ): Promise<Result<IncomingMessage>> =>
    new Promise((resolve) => {
      const outgoing = begin(request, prepared);
      let hasResponse = false;
      const timer = clock.after(responseTimeoutMs, () => outgoing.destroy(new Error('no response in time')));
      const abort = (): void => void outgoing.destroy(new Error('closed'));
      signal.addEventListener('abort', abort);
      // Makes the system detect a peer that disappeared silently.
      outgoing.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
      outgoing.on('error', (error) => {
        // After the head, the reader of the body detects a broken connection.
        if (hasResponse) return;
        timer.cancel();
        signal.removeEventListener('abort', abort);
        // The server may have closed an idle connection just as it was reused.
        if (outgoing.reusedSocket && isBroken(error) && !signal.aborted) {
          resolve(send(request, prepared, signal));
          return;
        }
        // The authority or the client certificate may have been replaced.
        if (isTlsFailure(error)) access.renew();
        if (!signal.aborted) onRequest?.(request, 'error');
        resolve(fail({ kind: 'unreachable', message: describe(error) }));
      });
      outgoing.on('response', (response) => {
        hasResponse = true;
        timer.cancel();
        response.once('close', () => signal.removeEventListener('abort', abort));
        const { statusCode: status = 0 } = response;
        onRequest?.(request, String(status));
        if (status >= 200 && status < 300) {
          resolve(succeed(response));
          return;
        }
        if (status === 401) access.renew();
        const retryAfter = parseRetryAfter(response.headers['retry-after'] ?? null, clock.now());
        if (status === 429 || (status === 503 && retryAfter !== undefined))
          limit.pause(toFault(status, '', retryAfter).retryAfterMs ?? overloadedMs);
        void readText(response, clock, maxStatusBytes).then((body) =>
          resolve(fail(toFault(status, body.ok ? toMessage(body.value) : '', retryAfter))),
        );
      });
    });
  return {
    open,
    async readJson(request, signal) {
      const opened = await open(request, signal);
      if (!opened.ok) return opened;
      return readJsonBody(opened.value, clock);
    },
  };
}

async function readJsonBody(response: IncomingMessage, clock: Clock): Promise<Result<unknown>> {
  const text = await readText(response, clock, maxBodyBytes);
  if (!text.ok) return text;
  try {
    return succeed<unknown>(JSON.parse(text.value));
  } catch {
    return fail({ kind: 'failed', message: 'the API server responded with invalid JSON' });
  }
}

function begin(request: ApiRequest, { server, options }: ApiConnection): ClientRequest {
  const url = toUrl(server, request);
  const { verb, body } = request;
  const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    ...options,
    method: methods[verb],
    headers: {
      ...(options.headers as OutgoingHttpHeaders),
      Accept: 'application/json',
      'User-Agent': 'grantgate',
      ...(body !== undefined && {
        'Content-Type': verb === 'patch' ? 'application/merge-patch+json' : 'application/json',
      }),
    },
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return outgoing;
}

const isBroken = (error: Error): boolean =>
  'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

const isTlsFailure = (error: Error): boolean =>
  'code' in error &&
  /CERT|SSL|TLS|SIGNATURE|CRL/.test(String(error.code)) &&
  error.code !== 'ERR_TLS_HANDSHAKE_TIMEOUT';

const closed = { kind: 'unreachable', message: 'closed' } as const;

function toUrl(server: URL, { path, query = {} }: ApiRequest): URL {
  // The URL of a kubeconfig may have a path.
  const url = new URL(server.href.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

/** The body as text; a fault when it breaks off, stalls or grows too long. */
async function readText(body: IncomingMessage, clock: Clock, maxBytes: number): Promise<Result<string>> {
  const chunks: Buffer[] = [];
  let length = 0;
  let last = clock.monotonic();
  const watchdog = (): { cancel(): void } =>
    clock.after(responseTimeoutMs, () => {
      if (clock.monotonic() - last >= responseTimeoutMs) body.destroy(new Error('the response stopped'));
      else timer = watchdog();
    });
  let timer = watchdog();
  try {
    for await (const chunk of body) {
      last = clock.monotonic();
      length += (chunk as Buffer).length;
      if (length > maxBytes)
        return fail({ kind: 'failed', message: `the response is longer than ${maxBytes} bytes` });
      chunks.push(chunk as Buffer);
    }
    return succeed(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    return fail({ kind: 'unreachable', message: describe(error) });
  } finally {
    timer.cancel();
  }
}

/** `message` of a `Status` object. */
function toMessage(text: string): string {
  try {
    const status = JSON.parse(text) as { readonly message?: unknown } | null;
    return typeof status?.message === 'string' ? status.message.slice(0, 500) : '';
  } catch {
    return '';
  }
}

/** If several addresses fail, the common error has no message of its own. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError) return describe(error.errors[0]);
  return error instanceof Error ? error.message : 'unknown error';
}
