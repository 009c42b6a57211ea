import { skipInterimResponses } from '@grantgate/middleware/base/interim-responses';
import { Pool, buildConnector } from 'undici';
import { createSharing, type Use } from '../reload/sharing.ts';
import type { UpstreamTransport } from './transport.ts';

/** Connections for health checks, one pool per origin; apart from those of requests, which checks must not take from. */
export interface HealthPools {
  forOrigin(origin: string): Use<Pool>;
}

export function createHealthPools(transport: UpstreamTransport): HealthPools {
  const pools = createSharing<Pool>((pool) => pool.close());
  const connect = createConnector(transport.dialTimeoutMs);
  return {
    forOrigin: (origin) =>
      pools.acquire(
        origin,
        () =>
          new Pool(origin, {
            connect,
            // One request for each connection: what a server sends late is not the response to the next check.
            pipelining: 0,
            maxHeaderSize: transport.maxResponseHeaderBytes,
          }),
      ),
  };
}

function createConnector(dialTimeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: dialTimeoutMs });
  return skipInterimResponses((options, callback) => {
    // undici would take the TLS server name from the Host header, which may be configured otherwise. Without a server name of
    // its own it takes the host of the origin, for SNI and for the check of the certificate.
    const { servername: _servername, ...rest } = options;
    connect(rest, callback);
  });
}
