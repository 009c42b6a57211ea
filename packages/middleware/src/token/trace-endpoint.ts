import type { Tracing } from '../base/tracing.ts';
import type { TokenOutcome } from './access-token.ts';
import type { Transport } from './transport.ts';

/** Traces requests at an endpoint, each with its retries. The URL's query may hold a secret, and is not part of a span. */
export function traceEndpoint<Request>(
  obtain: (request: Request) => Promise<TokenOutcome>,
  url: string,
  tracing: Tracing,
): (request: Request) => Promise<TokenOutcome> {
  const { protocol, hostname, port, pathname } = new URL(url);
  const attributes = {
    'http.request.method': 'POST',
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'http:' ? 80 : 443)),
    'url.path': pathname,
  };
  return async (request) =>
    tracing.span({ name: 'token request', kind: 'client', attributes }, async (span) => {
      const outcome = await obtain(request);
      if (outcome.kind !== 'failure') return outcome;
      if (outcome.response !== undefined) span.set({ 'http.response.status_code': outcome.response.status });
      span.fail(outcome.reason);
      return outcome;
    });
}

/** Tells the server which span a request belongs to. */
export const traceTransport = (transport: Transport, tracing: Tracing): Transport => ({
  ...transport,
  post: (url, headers, body, signal) =>
    transport.post(url, { ...headers, ...tracing.headers() }, body, signal),
});
