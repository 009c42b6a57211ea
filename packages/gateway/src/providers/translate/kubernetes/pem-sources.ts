import type { CertificateSource, PemSource } from '../../../config/dynamic.ts';

/** Keys of a Secret or ConfigMap that may contain the certificates of authorities, as in Traefik. */
export const authorityKeys: readonly string[] = Object.freeze(['tls.ca', 'ca.crt']);

/** The certificate and key of a TLS Secret. */
export function toCertificateSource(namespace: string, secretName: string): CertificateSource {
  const secret = `${namespace}/${secretName}`;
  return {
    cert: { kind: 'secret', secret, keys: ['tls.crt'] },
    key: { kind: 'secret', secret, keys: ['tls.key'] },
  };
}

/** The certificates of authorities in a Secret. */
export const toAuthoritySource = (namespace: string, secretName: string, orOnlyKey = false): PemSource => ({
  kind: 'secret',
  secret: `${namespace}/${secretName}`,
  keys: authorityKeys,
  ...(orOnlyKey && { orOnlyKey }),
});
