import type { Dispatcher } from 'undici';
import { keepLasting } from './lasting-token.ts';
import type { OutgoingToken, TokenSource } from './token-source.ts';

export interface BearerOptions {
  /** Origins that receive the token, such as `https://api.example.com`; no other origin does, even after a redirect. */
  readonly origins: readonly string[];
}

/**
 * An interceptor for undici 7 (`dispatcher.compose`): adds the source's token to requests to the given origins that have no
 * `Authorization`. On a 401 the token is renewed once and the request repeated, if it has no body, or a body of text or bytes.
 * A request for which there is no token fails with a `TokenError`. A token without a lifetime is used until a 401.
 *
 * @throws TypeError when one of the origins is not a URL.
 */
export function bearer(
  source: TokenSource,
  { origins }: BearerOptions,
): Dispatcher.DispatcherComposeInterceptor {
  const allowed = new Set(origins.map((origin) => new URL(origin).origin));
  const kept = keepLasting(source);
  return (dispatch) => (options, handler) => {
    const { origin } = options;
    if (origin === undefined || !allowed.has(new URL(origin).origin) || hasAuthorization(options.headers))
      return dispatch(options, handler);
    const send = (token: OutgoingToken, to: Dispatcher.DispatchHandler): boolean =>
      dispatch({ ...options, headers: withToken(options.headers, token) }, to);
    const first = (token: OutgoingToken): boolean =>
      send(token, isReplayable(options.body) ? createRetry(kept, token, handler, send) : handler);
    const fail = (error: unknown): void => handler.onResponseError?.(noController, error as Error);
    try {
      const token = kept.get() ?? source.get();
      if (!(token instanceof Promise)) return first(kept.note(token));
      token.then((late) => first(kept.note(late))).catch(fail);
    } catch (error) {
      fail(error);
    }
    return true;
  };
}

// A request that was never sent has none; undici's own interceptors do the same.
const noController = null as unknown as Dispatcher.DispatchController;

/** Delays a 401 until another token is available or not; then repeats the request, or passes the 401 on. */
function createRetry(
  source: Pick<TokenSource, 'renew'>,
  token: OutgoingToken,
  handler: Dispatcher.DispatchHandler,
  send: (token: OutgoingToken, to: Dispatcher.DispatchHandler) => boolean,
): Dispatcher.DispatchHandler {
  let refused: { pass: (() => void)[]; chunks: number } | undefined;
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart(controller, status, headers, message) {
      if (status === 401)
        refused = {
          pass: [() => handler.onResponseStart?.(controller, status, headers, message)],
          chunks: 0,
        };
      else handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData(controller, chunk) {
      if (refused === undefined) handler.onResponseData?.(controller, chunk);
      else {
        refused.chunks += chunk.length;
        refused.pass.push(() => handler.onResponseData?.(controller, chunk));
        // Too large for an error message: passed on unchanged.
        if (refused.chunks > maxHeldBytes) {
          const { pass } = refused;
          refused = undefined;
          for (const step of pass) step();
        }
      }
    },
    onResponseEnd(controller, trailers) {
      if (refused === undefined) {
        handler.onResponseEnd?.(controller, trailers);
        return;
      }
      const { pass } = refused;
      source
        .renew(token)
        .then((renewed) => {
          if (renewed !== undefined) {
            send(renewed, handler);
            return;
          }
          for (const step of pass) step();
          handler.onResponseEnd?.(controller, trailers);
        })
        .catch((error: unknown) => handler.onResponseError?.(controller, error as Error));
    },
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  };
}

/** Maximum size of a delayed 401's body, in bytes. */
const maxHeldBytes = 64 * 1024;

function isReplayable(body: unknown): boolean {
  return body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array;
}

type DispatchHeaders = Dispatcher.DispatchOptions['headers'];
type SentHeaders = NonNullable<DispatchHeaders>;

function toPairs(headers: DispatchHeaders): [string, unknown][] {
  if (headers === undefined || headers === null) return [];
  if (!Array.isArray(headers))
    return Symbol.iterator in headers
      ? Array.from(headers as Iterable<[string, unknown]>)
      : Object.entries(headers);
  const pairs: [string, unknown][] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) pairs.push([headers[at] ?? '', headers[at + 1]]);
  return pairs;
}

function hasAuthorization(headers: DispatchHeaders): boolean {
  return toPairs(headers).some(([name]) => name.toLowerCase() === 'authorization');
}

function withToken(headers: DispatchHeaders, token: OutgoingToken): SentHeaders {
  return [
    ...toPairs(headers).flatMap(([name, value]) =>
      Array.isArray(value) ? value.flatMap((one: string) => [name, one]) : [name, String(value)],
    ),
    'authorization',
    `Bearer ${token.value}`,
  ];
}
