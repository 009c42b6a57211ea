import type { HealthCheckConfig } from '../config/dynamic.ts';
import { originOf } from './origin.ts';
import type { OutgoingRequest } from '../http1/client/request.ts';

/** A request of a health check, and its origin. */
export interface HealthRequest {
  readonly origin: string;
  readonly request: OutgoingRequest & { readonly headers: readonly string[] };
}

/** As in Traefik, the path of the health check is resolved against the server's URL, whatever `preservePath` says. */
export function toHealthRequest(serverUrl: string, config: HealthCheckConfig): HealthRequest {
  if (config.mode === 'grpc') return toGrpcRequest(serverUrl, config);
  // A setter would not change between `h2c` and the schemes that the URL standard defines.
  const url = new URL(
    config.scheme === undefined ? serverUrl : serverUrl.replace(/^[a-z\d]+/i, config.scheme),
  );
  if (config.port !== undefined) url.port = String(config.port);
  const path = new URL(config.path, url);
  const headers = ['Host', config.hostname ?? url.host];
  const own = Object.entries(config.headers).filter(([name]) => !framingHeaders.has(name.toLowerCase()));
  if (own.every(([name]) => name.toLowerCase() !== 'user-agent')) headers.push('User-Agent', 'grantgate');
  for (const [name, value] of own) headers.push(name, value);
  const target = path.pathname + path.search;
  return {
    origin: originOf(url),
    request: { method: config.method, target, headers, body: undefined, upgrade: undefined },
  };
}

/** A call of `grpc.health.v1.Health/Check` for the whole server. For gRPC, `http` means HTTP/2 without TLS. */
function toGrpcRequest(
  serverUrl: string,
  { scheme, port, hostname, headers: own }: HealthCheckConfig,
): HealthRequest {
  const written = new URL(serverUrl);
  const isSecure = (scheme ?? written.protocol.slice(0, -1)) === 'https';
  const url = new URL(`${isSecure ? 'https' : 'h2c'}://${written.hostname}`);
  url.port = String(port ?? (written.port || (written.protocol === 'https:' ? 443 : 80)));
  const headers = ['Host', hostname ?? url.host, 'Content-Type', 'application/grpc', 'TE', 'trailers'];
  headers.push('User-Agent', 'grantgate');
  for (const [name, value] of Object.entries(own))
    if (!grpcHeaders.has(name.toLowerCase()) && !framingHeaders.has(name.toLowerCase()))
      headers.push(name, value);
  return {
    origin: originOf(url),
    request: {
      method: 'POST',
      target: '/grpc.health.v1.Health/Check',
      headers,
      // An empty message, uncompressed.
      body: Buffer.alloc(5),
      upgrade: undefined,
    },
  };
}

const grpcHeaders: ReadonlySet<string> = new Set(['content-type', 'user-agent']);

/** `hostname` sets the first one; the others frame the request or belong to its connection. */
const framingHeaders: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'keep-alive', 'upgrade'],
  ...['content-length', 'transfer-encoding', 'te', 'trailer', 'expect'],
]);

/**
 * The request that follows a redirect (RFC 9110 section 15.4), as Go's client sends it. Undefined when the response is not a redirect or
 * has no usable `Location`. Credentials are sent to the same origin only.
 */
export function findRedirect(
  { origin, request }: HealthRequest,
  status: number,
  location: string | undefined,
): HealthRequest | undefined {
  if (location === undefined || !redirects.has(status)) return undefined;
  const url = URL.canParse(location, origin + request.target)
    ? new URL(location, origin + request.target)
    : undefined;
  if (url === undefined || !/^(?:https?|h2c):$/.test(url.protocol)) return undefined;
  const isSame = originOf(url) === origin;
  const headers = ['Host', isSame ? (request.headers[1] ?? '') : url.host];
  for (let at = 2; at + 1 < request.headers.length; at += 2) {
    const name = request.headers[at] ?? '';
    if (isSame || !credentials.has(name.toLowerCase())) headers.push(name, request.headers[at + 1] ?? '');
  }
  const keepsMethod = status > 303 || request.method === 'HEAD';
  const method = keepsMethod ? request.method : 'GET';
  return {
    origin: originOf(url),
    request: { ...request, method, target: url.pathname + url.search, headers },
  };
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const credentials: ReadonlySet<string> = new Set(['authorization', 'cookie', 'www-authenticate']);
