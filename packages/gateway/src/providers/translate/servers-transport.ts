import { z } from 'zod';
import { duration } from '@grantgate/middleware/options/duration';
import type { ServersTransportConfig } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { createProblem } from '../../config/problem.ts';
import type { OtherNames, Source } from '../../config/read.ts';
import { certificateSchema } from './tls-schema.ts';
import { toPem } from './tls-section.ts';

/** `http.serversTransports.NAME` */
export const serversTransportSchema = z.strictObject({
  serverName: z
    .string()
    .min(1)
    .optional()
    .describe('Name for SNI and for the check of the certificate. Default: the host of the server.'),
  insecureSkipVerify: z.boolean().default(false).describe('Accepts every certificate of a server.'),
  rootCAs: z
    .array(z.string().min(1))
    .default([])
    .describe('Certificates of authorities: PEM files, or the PEM text itself. Default: those of Node.js.'),
  certificates: z
    .array(certificateSchema)
    .default([])
    .describe('Certificates that the gateway shows to servers (mutual TLS).'),
  maxIdleConnsPerHost: z
    .int()
    .min(-1)
    .optional()
    .describe(
      'Idle connections to one server that are kept; -1: none. Default: as many as were in use at once.',
    ),
  forwardingTimeouts: z
    .strictObject({
      dialTimeout: duration
        .optional()
        .describe('Time limit to open a connection, TLS handshake included; 0: none. Default: 30s.'),
      responseHeaderTimeout: duration
        .optional()
        .describe(
          'Time limit from the end of the request to the head of the response; 0: none. Default: 5m.',
        ),
      idleConnTimeout: duration
        .optional()
        .describe('Time for which an idle connection is kept. Default: 4s, less than most servers keep it.'),
    })
    .prefault({})
    .describe('Time limits.'),
  peerCertURI: z
    .string()
    .min(1)
    .optional()
    .describe("URI that must be among the alternative names of the server's certificate."),
});

const http2 = 'servers are spoken to in HTTP/1.1';

export const transportNames: OtherNames = {
  unsupported: ['spiffe', 'cipherSuites', 'minVersion', 'maxVersion'],
  ignored: { disableHTTP2: http2, readIdleTimeout: http2, pingTimeout: http2 },
};

type ServersTransportOptions = Partial<z.output<typeof serversTransportSchema>>;
type TransportSettings = Omit<ServersTransportConfig, 'name' | 'place' | 'errors'>;

/** A transport as a file writes it, without name and place. */
export function toTransport(written: ServersTransportOptions): TransportSettings {
  const { rootCAs = [], certificates = [], forwardingTimeouts, maxIdleConnsPerHost } = written;
  return {
    serverName: written.serverName,
    insecureSkipVerify: written.insecureSkipVerify ?? false,
    rootCAs: rootCAs.map(toPem),
    certificates: certificates.map(({ certFile, keyFile }) => ({
      cert: toPem(certFile),
      key: toPem(keyFile),
    })),
    peerCertURI: written.peerCertURI,
    // Go takes 0 for its default of 2.
    maxIdleConnsPerHost:
      maxIdleConnsPerHost === 0 ? 2 : maxIdleConnsPerHost && Math.max(0, maxIdleConnsPerHost),
    dialTimeoutMs: forwardingTimeouts?.dialTimeout,
    responseHeaderTimeoutMs: forwardingTimeouts?.responseHeaderTimeout,
    idleConnTimeoutMs: forwardingTimeouts?.idleConnTimeout,
  };
}

/** A warning for a transport that does not know whom it speaks to. */
export const findInsecurity = (
  { insecureSkipVerify, peerCertURI }: Pick<TransportSettings, 'insecureSkipVerify' | 'peerCertURI'>,
  { document, path }: Source,
): readonly Problem[] =>
  insecureSkipVerify && peerCertURI === undefined
    ? [
        createProblem(document, path, {
          severity: 'warning',
          code: 'insecure_option',
          message:
            'insecureSkipVerify accepts every certificate: anyone on the way can read and change what is sent',
          part: 'key',
        }),
      ]
    : [];
