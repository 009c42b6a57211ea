import { duration } from '@grantgate/middleware/options/duration';
import { z } from 'zod';
import type { PemSource, TransportLimits } from './dynamic.ts';

/** Common options of the transport of the install configuration and those of routes. */
export const transportShape = {
  insecureSkipVerify: z.boolean().default(false).describe('Accepts every certificate of a server.'),
  rootCAs: z
    .array(z.string().min(1))
    .default([])
    .describe('Certificates of authorities: PEM files, or the PEM text itself. Default: those of Node.js.'),
  maxIdleConnsPerHost: z
    .int()
    .min(-1)
    .optional()
    .describe(
      'Maximum number of idle connections to one server; -1: none. Default: as many as were in use at once.',
    ),
  disableHTTP2: z
    .boolean()
    .default(false)
    .describe('Uses HTTP/1.1 with `https` servers that could use HTTP/2. No effect on `h2c` servers.'),
  forwardingTimeouts: z
    .strictObject({
      dialTimeout: duration
        .optional()
        .describe('Time limit to open a connection, including the TLS handshake; 0: none. Default: 30s.'),
      responseHeaderTimeout: duration
        .optional()
        .describe(
          'Time limit from the end of the request to the head of the response; 0: none. Default: 5m.',
        ),
      idleConnTimeout: duration
        .optional()
        .describe(
          'Time after which an idle connection is closed. Default: 4s, less than that of most servers; 90s with HTTP/2, whose servers announce it.',
        ),
      readIdleTimeout: duration
        .optional()
        .describe(
          'Time without a part of a response after which an HTTP/2 server receives a PING, to check that it responds; 0: never. Default: 0s.',
        ),
      pingTimeout: duration
        .optional()
        .describe(
          'Time limit for the response to a PING, after which the connection is closed. Default: 15s.',
        ),
    })
    .prefault({})
    .describe('Time limits.'),
};

/** Warning for `insecureSkipVerify`. */
export const insecureTransport =
  'insecureSkipVerify accepts every certificate: anyone between the gateway and the server can read and change requests';

/** `serversTransport` of the install configuration. */
export const serversTransportSchema = z.strictObject(transportShape);

type WrittenTransport = Partial<z.output<typeof serversTransportSchema>>;

export function toTransportLimits({
  forwardingTimeouts,
  maxIdleConnsPerHost,
  disableHTTP2,
}: WrittenTransport): TransportLimits {
  return {
    // Go reads 0 as its default of 2.
    maxIdleConnsPerHost:
      maxIdleConnsPerHost === 0 ? 2 : maxIdleConnsPerHost && Math.max(0, maxIdleConnsPerHost),
    dialTimeoutMs: forwardingTimeouts?.dialTimeout,
    responseHeaderTimeoutMs: forwardingTimeouts?.responseHeaderTimeout,
    idleConnTimeoutMs: forwardingTimeouts?.idleConnTimeout,
    readIdleTimeoutMs: forwardingTimeouts?.readIdleTimeout,
    pingTimeoutMs: forwardingTimeouts?.pingTimeout,
    disablesHttp2: disableHTTP2,
  };
}

/** Distinguishes a file from literal PEM as Traefik does: a literal has the first line of PEM (RFC 7468). */
export const toPem = (written: string): PemSource =>
  written.includes('-----BEGIN') ? { kind: 'text', text: written } : { kind: 'file', path: written };

/** @param at makes paths absolute. */
export function toDefaultTransport(
  { insecureSkipVerify, rootCAs, ...limits }: z.output<typeof serversTransportSchema>,
  at: (path: string) => string,
) {
  const toSource = (text: string): PemSource => {
    const source = toPem(text);
    return source.kind === 'file' ? { ...source, path: at(source.path) } : source;
  };
  return { insecureSkipVerify, rootCAs: rootCAs.map(toSource), ...toTransportLimits(limits) };
}
