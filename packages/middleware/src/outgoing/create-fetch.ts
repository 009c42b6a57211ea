import { keepLasting } from './lasting-token.ts';
import type { TokenSource } from './token-source.ts';

type Fetch = typeof globalThis.fetch;

export interface FetchOptions {
  /** Origins that receive the token, such as `https://api.example.com`. Default: all. */
  readonly origins?: readonly string[];
  /** The function to wrap; default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/**
 * Wraps `fetch`: adds the source's token to calls that have no `Authorization`. On a 401 the token is renewed once and the call
 * repeated, if its body can be sent again (none, text, bytes, `URLSearchParams`, `FormData`, `Blob`; not a stream, nor the body
 * of a `Request`). `fetch` itself does not send the token to other origins after a redirect. A token without a lifetime is used
 * until a 401.
 *
 * @throws TypeError when one of the origins is not a URL.
 * @throws TokenError (from the call) when there is no token.
 */
export function createFetch(source: TokenSource, options: FetchOptions = {}): Fetch {
  const { fetch = globalThis.fetch } = options;
  const origins = options.origins && new Set(options.origins.map((origin) => new URL(origin).origin));
  const kept = keepLasting(source);
  return async (request, given) => {
    // Both may change while the call waits for the token, after the origin has been checked.
    const input = request instanceof URL ? request.href : request;
    const init = given && { ...given };
    if (origins?.has(originOf(input)) === false) return fetch(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    if (headers.has('authorization')) return fetch(input, init);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const send = (value: string): Promise<Response> => {
      headers.set('authorization', `Bearer ${value}`);
      return fetch(input, { ...init, headers });
    };
    const token = kept.get() ?? kept.note(await source.token(signal ?? undefined));
    const response = await send(token.value);
    if (response.status !== 401 || wentElsewhere(input, response)) return response;
    const renewed = await kept.renew(token);
    if (renewed === undefined || !isReplayable(input, init?.body)) return response;
    signal?.throwIfAborted();
    await response.body?.cancel();
    return send(renewed.value);
  };
}

/** Whether the response comes from an origin that did not get the token. */
function wentElsewhere(input: string | URL | Request, response: Response): boolean {
  if (!response.redirected) return false;
  return new URL(response.url).origin !== originOf(input);
}

function originOf(input: string | URL | Request): string {
  return new URL(input instanceof Request ? input.url : input).origin;
}

function isReplayable(input: string | URL | Request, body: unknown): boolean {
  if (body === undefined || body === null) return !(input instanceof Request) || input.body === null;
  return (
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob
  );
}
