import { skipInterimResponses } from '@grantgate/middleware/base/interim-responses';
import { Pool, buildConnector } from 'undici';
import type { UpstreamTransport } from './transport.ts';

export function createHealthPool(
  origin: string,
  {
    dialTimeoutMs,
    maxResponseHeaderBytes,
  }: Pick<UpstreamTransport, 'dialTimeoutMs' | 'maxResponseHeaderBytes'>,
): Pool {
  return new Pool(origin, {
    connect: createConnector(dialTimeoutMs),
    // One request for each connection: what a server sends late is not the response to the next check.
    pipelining: 0,
    maxHeaderSize: maxResponseHeaderBytes,
  });
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
