import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { ConnectionTls } from '../../routing/connection-tls.ts';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import type { Pass, Step } from '../step.ts';
import { describeCertificates } from './certificate-info.ts';
import { passTlsClientCertSchema, type PassTlsClientCertOptions } from './schema.ts';

const pemHeader = 'X-Forwarded-Tls-Client-Cert';
const infoHeader = 'X-Forwarded-Tls-Client-Cert-Info';

/** Traefik's `passTLSClientCert`. */
export const passTlsClientCert = defineKind<PassTlsClientCertOptions>({
  name: 'passTLSClientCert',
  isPlugin: false,
  description: "Passes the caller's TLS certificate to the server.",
  schema: () => passTlsClientCertSchema,
  read: (config, sources) => readOptions(passTlsClientCertSchema, config, sources),
  createCompile: () => compile,
});

function compile(options: PassTlsClientCertOptions, name: string): Step {
  // Certificates in a caller's own headers are never passed on, not even from a trusted peer.
  const removeHeaders = new Set([pemHeader, infoHeader].map(normalizeHeaderName));
  const without: Pass = Object.freeze({ allowed: true, setHeaders: Object.freeze([]), removeHeaders });
  const known = new WeakMap<ConnectionTls, Pass>();
  return Object.freeze({
    name,
    onRequest({ facts: { tls } }) {
      if (tls === undefined) return without;
      let pass = known.get(tls);
      if (pass === undefined) {
        const setHeaders = toHeaders(options, tls);
        pass = setHeaders.length === 0 ? without : Object.freeze({ ...without, setHeaders });
        known.set(tls, pass);
      }
      return pass;
    },
  } satisfies Step);
}

function toHeaders({ pem, info }: PassTlsClientCertOptions, tls: ConnectionTls): readonly string[] {
  const certificates = tls.clientCertificates();
  if (certificates.length === 0) return [];
  return Object.freeze([
    ...(pem ? [pemHeader, certificates.map(({ raw }) => raw.toString('base64')).join(',')] : []),
    ...(info ? [infoHeader, escapeQuery(describeCertificates(certificates, info))] : []),
  ]);
}

/** As Go's `url.QueryEscape`: everything but unreserved characters (RFC 3986 section 2.3); a space is `+`. */
const escapeQuery = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
