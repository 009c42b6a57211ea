import type { TokenSource } from './token-source.ts';

type Fetch = typeof globalThis.fetch;

/**
 * Wraps `fetch`: calls without an `Authorization` of their own bear the source's token. On a 401 the token is renewed once
 * and the call repeated, if its body can be sent again (none, text, bytes, `URLSearchParams`, `FormData`, `Blob`; not a
 * stream, nor the body of a `Request`). `fetch` itself keeps the token from other origins that it is redirected to.
 *
 * @throws TokenError (from the call) when there is no token.
 */
export function createFetch(source: TokenSource, fetch: Fetch = globalThis.fetch): Fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    if (headers.has('authorization')) return fetch(input, init);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const send = (value: string): Promise<Response> => {
      headers.set('authorization', `Bearer ${value}`);
      return fetch(input, { ...init, headers });
    };
    const token = await source.token(signal ?? undefined);
    const response = await send(token.value);
    if (response.status !== 401 || wentElsewhere(input, response)) return response;
    const renewed = await source.renew(token);
    if (renewed === undefined || !isReplayable(input, init?.body)) return response;
    signal?.throwIfAborted();
    await response.body?.cancel();
    return send(renewed.value);
  };
}

/** Whether the answer is of another origin, which has not seen the token. */
function wentElsewhere(input: string | URL | Request, response: Response): boolean {
  if (!response.redirected) return false;
  return new URL(response.url).origin !== new URL(input instanceof Request ? input.url : input).origin;
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
