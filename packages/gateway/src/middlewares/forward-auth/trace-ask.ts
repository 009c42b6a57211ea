import type { Tracing } from '@grantgate/middleware/base/tracing';
import type { HeaderList } from '../../http1/message/header-list.ts';
import type { AuthenticationServer } from './authentication-server.ts';

/** A request whose headers are a list. */
type AuthServerRequest = Parameters<AuthenticationServer['ask']>[0] & { readonly headers: HeaderList };

/** Traces requests to an authentication server, and sends it their spans instead of the caller's. */
export function traceAsk(
  server: AuthenticationServer,
  { protocol, hostname, port, pathname }: URL,
  tracing: Tracing,
): (request: AuthServerRequest) => ReturnType<AuthenticationServer['ask']> {
  const attributes = {
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    'url.path': pathname,
  };
  return async (request) =>
    tracing.span(
      {
        name: 'forwardAuth request',
        kind: 'client',
        attributes: { 'http.request.method': request.method, ...attributes },
      },
      async (span) => {
        const own = tracing.headers();
        const headers = withoutNames(request.headers, new Set(Object.keys(own)));
        const response = await server.ask({
          ...request,
          headers: [...headers, ...Object.entries(own).flat()],
        });
        if ('fault' in response) span.fail(response.fault);
        else {
          const { status } = response.head;
          span.set({ 'http.response.status_code': status });
          if (status >= 500) span.fail(String(status));
        }
        return response;
      },
    );
}

const withoutNames = (headers: HeaderList, names: ReadonlySet<string>): HeaderList =>
  headers.filter((_text, at) => !names.has((headers[at - (at % 2)] ?? '').toLowerCase()));
