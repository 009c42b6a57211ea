import type { Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { decodeContent, readBounded, UnusableResponse } from './bounded-body.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import { readProxies } from './environment-proxies.ts';
import { LocalFault } from './failure.ts';

/** Maximum size of a response in bytes, after decompression. */
export const maxResponseBytes: number = 1024 * 1024;

/** Connections to one authorization server. */
export interface Transport {
  /**
   * Sends a `POST` and reads the whole response, up to `maxResponseBytes`; redirects are not followed.
   *
   * @throws UnusableResponse, LocalFault, the signal's reason, a connection error, or an error of `node:tls` when a PEM text is
   * invalid; options validation finds that first.
   */
  post(url: string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Response>;
  /** The same with `GET`. */
  get(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
  close(): Promise<void>;
}

interface TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Loads undici too, which a process without a token endpoint does not need. */
const loadDispatcher = () => import('./dispatcher.ts');

/** Milliseconds after which the dispatcher is loaded, when no request has done so before. */
const loadAfterMs = 250;

/** Statuses whose `Response` must not have a body (Fetch standard, null body status). */
const bodyless: ReadonlySet<number> = new Set([204, 205, 304]);

/** Response headers in use. */
const readHeaders = ['cache-control', 'content-type', 'date', 'retry-after'] as const;

function pickHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of readHeaders) {
    const value = headers[name];
    if (value !== undefined) picked[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return picked;
}

/** The decoded body. An unusable body counts as empty when the status alone shows that there is no token. */
async function readContent({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Uint8Array> {
  try {
    const bytes = await readBounded(body, maxResponseBytes);
    return await decodeContent(String(headers['content-encoding'] ?? ''), bytes, maxResponseBytes);
  } catch (error) {
    if (error instanceof UnusableResponse && statusCode >= 400) return new Uint8Array(0);
    throw error;
  }
}

/**
 * Opens and pools connections to one authorization server. Nothing is prepared before the first request: a gateway has many
 * endpoints when it starts, and a TLS context for each would cost time and memory.
 * @param env source of proxies; default: the environment of the process.
 */
export function createTransport(
  options: Pick<TokenEndpointOptions, 'tls' | 'timeoutMs' | 'proxy'>,
  clock: Clock,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Transport {
  const proxies = readProxies(env);
  let agent: Dispatcher | undefined;
  // In the background, so that neither the first request nor the start waits for it. A failure here occurs again in the first request. Uses
  // the machine's clock, because no behaviour depends on it.
  systemClock.after(loadAfterMs, () => void loadDispatcher().catch(() => {}));
  const send = async (url: string, request: TransportRequest): Promise<Response> => {
    if (options.proxy === undefined && proxies.fault !== undefined) throw new LocalFault(proxies.fault);
    const { origin, pathname, search } = new URL(url);
    const headers = { ...request.headers, 'accept-encoding': 'identity' };
    const { createDispatcher } = await loadDispatcher();
    agent ??= createDispatcher(options, clock, proxies);
    const response = await agent.request({ ...request, origin, path: pathname + search, headers });
    const status = response.statusCode;
    const content = await readContent(response);
    if (status > 599) throw new UnusableResponse(`responded with ${status}`);
    return new Response(bodyless.has(status) ? null : Buffer.from(content), {
      status,
      headers: pickHeaders(response.headers),
    });
  };
  return {
    post: (url, headers, body, signal) => send(url, { method: 'POST', headers, body, signal }),
    get: (url, headers, signal) => send(url, { method: 'GET', headers, signal }),
    close: async () => agent?.close(),
  };
}
