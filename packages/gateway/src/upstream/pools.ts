import { Pool, buildConnector } from 'undici';
import type { Use } from './sharing.ts';
import { createSharing } from './sharing.ts';
import type { UpstreamTransport } from './transport.ts';

/**
 * Keep-alive connections, one pool per origin whatever the number of services that use it. After its last user a pool closes
 * every connection, once the requests under way are answered.
 */
export interface Pools {
  forOrigin(origin: string): Use<Pool>;
}

export function createPools(transport: UpstreamTransport): Pools {
  const pools = createSharing<Pool>((pool) => pool.close());
  const connect = createConnector(transport.dialTimeoutMs);
  return {
    forOrigin: (origin) =>
      pools.acquire(
        origin,
        () =>
          new Pool(origin, {
            connect,
            // One request at a time on a connection: a slow answer must not hold up another caller's.
            pipelining: 1,
            headersTimeout: transport.responseHeaderTimeoutMs,
            bodyTimeout: transport.bodyIdleTimeoutMs,
            keepAliveTimeout: transport.idleConnTimeoutMs,
            maxHeaderSize: transport.maxResponseHeaderBytes,
          }),
      ),
  };
}

function createConnector(dialTimeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: dialTimeoutMs });
  return (options, callback) => {
    // undici would take the TLS server name from the Host header, which with passHostHeader is the caller's to choose.
    // Without a server name of its own it takes the host of the origin, for SNI and for the check of the certificate.
    const { servername: _servername, ...rest } = options;
    connect(rest, (...result) => {
      result[1]?.prependListener('error', discloseReset);
      callback(...result);
    });
  };
}

/**
 * undici reads a reset after a body that only the end of the connection delimits as the end of that body (a habit of
 * macOS). Here it would end a truncated body as if complete, so the reset is given a code that undici takes as it is.
 */
function discloseReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'EPIPE';
}
