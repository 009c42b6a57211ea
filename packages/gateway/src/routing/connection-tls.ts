import type { X509Certificate } from 'node:crypto';

/** Facts about a caller's TLS connection. */
export interface ConnectionTls {
  /** Name of the TLS options in use. */
  readonly options: string;
  /** `1.3` */
  readonly version: string;
  /** Name of the cipher suite in the IANA registry: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** Certificates of the caller, its own first, without trusted roots; empty for none. Verified only if the TLS options say so. */
  readonly clientCertificates: () => readonly X509Certificate[];
  /** Subject of the caller's own certificate, such as `CN=client,O=Example`; undefined for none. */
  readonly clientSubject: () => string | undefined;
}
