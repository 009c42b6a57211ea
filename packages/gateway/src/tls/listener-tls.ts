import type { CertificatePair } from './certificate-pair.ts';
import type { TlsOptions } from './options.ts';
import { defaultOptionsName, defaultTlsOptions } from './options.ts';

/** TLS settings of a configuration's routes, for one listener. */
export interface ListenerTls {
  /** Chosen by SNI. */
  readonly certificates: readonly CertificatePair[];
  /** For names that no certificate covers; undefined: one that the gateway signs itself. */
  readonly defaultCertificate: CertificatePair | undefined;
  /** By name; undefined for those that cannot be used: connections with them are refused. */
  readonly options: ReadonlyMap<string, TlsOptions | undefined>;
  /** Names of options by host, exact, `*.example.com` or `**.example.com`; all others have those called `default`. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Whether a router of a listener without `tls` wants TLS. */
  readonly hasRouters: boolean;
}

/** That of a configuration that says nothing. */
export const plainListener: ListenerTls = Object.freeze({
  certificates: Object.freeze([]),
  defaultCertificate: undefined,
  options: new Map([[defaultOptionsName, defaultTlsOptions]]),
  hosts: new Map(),
  hasRouters: false,
});
