import type { X509Certificate } from 'node:crypto';

/** What is known of a caller's TLS connection. */
export interface ConnectionTls {
  /** Name of the TLS options that it was opened with. */
  readonly options: string;
  /** The certificates that the caller sent, its own first, without trusted roots; empty for none. Verified only if the options say so. */
  readonly clientCertificates: () => readonly X509Certificate[];
}
