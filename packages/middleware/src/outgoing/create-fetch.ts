import { keepLasting } from './lasting-token.ts';
import type { TokenSource } from './token-source.ts';

type Fetch = typeof globalThis.fetch;

export interface FetchOptions {
  /**
   * Origins that get the token, such as `https://api.example.com`; calls to any other go without. Default: whichever the
   * application calls.
   */
  readonly origins?: readonly string[];
  /** What is wrapped; default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/**
 * Wraps `fetch`: calls without an `Authorization` of their own bear the source's token. On a 401 the token is renewed once
 * and the call repeated, if its body can be sent again (none, text, bytes, `URLSearchParams`, `FormData`, `Blob`; not a
 * stream, nor the body of a `Request`). `fetch` itself keeps the token from other origins that it is redirected to. A token
 * without a lifetime is used until a 401.
 *
 * @throws TypeError when one of the origins is no URL.
 * @throws TokenError (from the call) when there is no token.
 */
export function createFetch(source: TokenSource, options: FetchOptions = {}): Fetch {
  const { fetch = globalThis.fetch } = options;
  const origins = options.origins && new Set(options.origins.map((origin) => new URL(origin).origin));
  const kept = keepLasting(source);
  return async (request, given) => {
    // Both may be changed while the token is awaited, and the origin has been looked at by then.
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

/** Whether the answer is of another origin, which has not seen the token. */
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
