import { z } from 'zod';
import { serversTransportSchema } from '../servers-transport.ts';
import { clientAuthTypeSchema, optionsShape } from '../tls-schema.ts';

const name = z.string().min(1);
const object = { apiVersion: z.string(), kind: z.string(), metadata: z.unknown() };
const others = z.unknown().optional();
const secretName = name.describe('Name of a Secret of the same namespace with `tls.crt` and `tls.key`.');
const certificate = z.strictObject({ secretName });

/** `traefik.io/v1alpha1` `TLSOption` */
export const tlsOptionSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    ...optionsShape,
    clientAuth: z
      .strictObject({
        secretNames: z
          .array(name)
          .default([])
          .describe('Names of Secrets with certificates of authorities under `tls.ca` or `ca.crt`.'),
        clientAuthType: clientAuthTypeSchema,
      })
      .prefault({})
      .describe('Certificates of callers (mutual TLS).'),
  }),
  status: others,
});

/** `traefik.io/v1alpha1` `TLSStore` */
export const tlsStoreSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    defaultCertificate: certificate
      .optional()
      .describe('For names that no certificate covers. Default: a self-signed certificate.'),
    certificates: z.array(certificate).default([]).describe('Certificates, chosen by SNI.'),
  }),
  status: others,
});

const authority = z
  .strictObject({
    secret: name.optional().describe('Name of a Secret with `tls.ca` or `ca.crt`.'),
    configMap: name.optional().describe('Name of a ConfigMap with `tls.ca` or `ca.crt`.'),
  })
  .refine(({ secret, configMap }) => (secret === undefined) !== (configMap === undefined), {
    error: 'expected either secret or configMap',
  });

const { serverName, insecureSkipVerify, maxIdleConnsPerHost, forwardingTimeouts, disableHTTP2, peerCertURI } =
  serversTransportSchema.shape;
const { cipherSuites, minVersion, maxVersion } = serversTransportSchema.shape;

/** `traefik.io/v1alpha1` `ServersTransport` */
export const serversTransportObjectSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    serverName,
    insecureSkipVerify,
    rootCAs: z
      .array(authority)
      .default([])
      .describe('Certificates of authorities. Default: those of Node.js.'),
    rootCAsSecrets: z
      .array(name)
      .default([])
      .describe('Deprecated: names of Secrets with certificates of authorities.'),
    certificatesSecrets: z
      .array(name)
      .default([])
      .describe('Names of Secrets with certificates that the gateway presents to servers (mutual TLS).'),
    maxIdleConnsPerHost,
    forwardingTimeouts,
    disableHTTP2,
    peerCertURI,
    cipherSuites,
    minVersion,
    maxVersion,
  }),
  status: others,
});

/** `spec.tls` of an `IngressRoute` */
export const routeTlsSchema = z.strictObject({
  secretName: name
    .optional()
    .describe('Name of a Secret of the same namespace with `tls.crt` and `tls.key`, chosen by SNI.'),
  options: z
    .strictObject({
      name: name.describe('Name of a TLSOption.'),
      namespace: name
        .optional()
        .describe('Namespace; if present, it must be that of the object itself, unless allowed.'),
    })
    .optional()
    .describe('TLS options that connections must have. Default: those of the TLSOption `default`.'),
  store: z
    .strictObject({
      name: name.describe('Name of a TLSStore.'),
      namespace: name.optional().describe('Namespace of the TLSStore.'),
    })
    .optional()
    .describe('As in Traefik, only the TLSStore `default` is used.'),
});
