import type { SpanAttributes, Tracing } from '../base/tracing.ts';
import type { TokenFailure } from './failure.ts';
import { retry, type Attempt, type RetryOptions } from './retry.ts';
import type { Transport } from './transport.ts';

/** Requests at one URL, each with its retries, as a span shows them. */
export interface TracedRequests {
  /** `token request` */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** Its query may contain a secret, so it is not part of a span. */
  readonly url: string;
}

/** Traces requests at a URL; the outcome of each is a value. */
export function traceRequests<Request, Outcome extends { readonly kind: string }>(
  send: (request: Request) => Promise<Outcome | TokenFailure>,
  { name, method, url }: TracedRequests,
  tracing: Tracing,
): (request: Request) => Promise<Outcome | TokenFailure> {
  const attributes: SpanAttributes = { 'http.request.method': method, ...toServerAttributes(url) };
  return async (request) =>
    tracing.span({ name, kind: 'client', attributes }, async (span) => {
      const outcome = await send(request);
      if (!isFailure(outcome)) return outcome;
      if (outcome.response !== undefined) span.set({ 'http.response.status_code': outcome.response.status });
      span.fail(outcome.reason);
      return outcome;
    });
}

/** Requests for one document, retried and traced; the parameter is the maximum number of retries. */
export function createDocumentRequests<T extends { readonly kind: string }>(
  attempt: () => Promise<Attempt<T>>,
  named: Pick<TracedRequests, 'name' | 'url'>,
  { tracing, ...timing }: Pick<RetryOptions, 'clock' | 'random'> & { readonly tracing: Tracing | undefined },
): (maxRetries: number) => Promise<T | TokenFailure> {
  const onRetry = traceRetries(tracing);
  const send = (maxRetries: number): Promise<T | TokenFailure> =>
    retry(attempt, { ...timing, maxRetries, ...(onRetry && { onRetry }) });
  return tracing === undefined ? send : traceRequests(send, { ...named, method: 'GET' }, tracing);
}

const isFailure = (outcome: { readonly kind: string }): outcome is TokenFailure => outcome.kind === 'failure';

function toServerAttributes(url: string): SpanAttributes {
  const { protocol, hostname, port, pathname } = new URL(url);
  return {
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'http:' ? 80 : 443)),
    'url.path': pathname,
  };
}

/** Sends the server the span to which a request belongs. */
export const traceTransport = (transport: Transport, tracing: Tracing | undefined): Transport =>
  tracing === undefined
    ? transport
    : {
        ...transport,
        post: (url, headers, body, signal) =>
          transport.post(url, { ...headers, ...tracing.headers() }, body, signal),
        get: (url, headers, signal) => transport.get(url, { ...headers, ...tracing.headers() }, signal),
      };

/** Reports retries as events of the active span. */
export const traceRetries = (tracing: Tracing | undefined): RetryOptions['onRetry'] =>
  tracing &&
  (({ reason }, delayMs, count) =>
    tracing.event('retry', { 'error.type': reason, 'retry.delay_ms': delayMs, 'retry.count': count }));
