import { z } from 'zod';
import type { ServersTransportConfig } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { createProblem } from '../../config/problem.ts';
import type { OtherNames, Source } from '../../config/read.ts';
import {
  insecureTransport,
  toPem,
  toTransportLimits,
  transportShape,
} from '../../config/servers-transport-schema.ts';
import { certificateSchema, optionsShape } from './tls-schema.ts';

/** `http.serversTransports.NAME` */
export const serversTransportSchema = z.strictObject({
  serverName: z
    .string()
    .min(1)
    .optional()
    .describe('Name for SNI and for the verification of the certificate. Default: the host of the server.'),
  ...transportShape,
  certificates: z
    .array(certificateSchema)
    .default([])
    .describe('Certificates that the gateway presents to servers (mutual TLS).'),
  peerCertURI: z
    .string()
    .min(1)
    .optional()
    .describe("URI that must be among the alternative names of the server's certificate."),
  cipherSuites: optionsShape.cipherSuites,
  minVersion: optionsShape.minVersion,
  maxVersion: optionsShape.maxVersion,
});

export const transportNames: OtherNames = {
  unsupported: ['spiffe'],
};

type ServersTransportOptions = Partial<z.output<typeof serversTransportSchema>>;
type TransportSettings = Omit<ServersTransportConfig, 'name' | 'place' | 'errors'>;

/** A transport as written in a file, without name and position. */
export function toTransport(written: ServersTransportOptions): TransportSettings {
  const { rootCAs = [], certificates = [] } = written;
  return {
    serverName: written.serverName,
    insecureSkipVerify: written.insecureSkipVerify ?? false,
    rootCAs: rootCAs.map(toPem),
    certificates: certificates.map(({ certFile, keyFile }) => ({
      cert: toPem(certFile),
      key: toPem(keyFile),
    })),
    peerCertURI: written.peerCertURI,
    cipherSuites: written.cipherSuites,
    minVersion: written.minVersion,
    maxVersion: written.maxVersion,
    ...toTransportLimits(written),
  };
}

/** A warning for a transport that does not verify its servers. */
export const findInsecurity = (
  { insecureSkipVerify, peerCertURI }: Pick<TransportSettings, 'insecureSkipVerify' | 'peerCertURI'>,
  { document, path }: Source,
): readonly Problem[] =>
  insecureSkipVerify && peerCertURI === undefined
    ? [
        createProblem(document, path, {
          severity: 'warning',
          code: 'insecure_option',
          message: insecureTransport,
          part: 'key',
        }),
      ]
    : [];
