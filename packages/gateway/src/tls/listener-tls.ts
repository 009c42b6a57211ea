import type { CertificatePair } from './certificate-pair.ts';
import type { TlsOptions } from './options.ts';
import { defaultOptionsName, defaultTlsOptions } from './options.ts';

/** TLS settings of a configuration's routes, for one listener. */
export interface ListenerTls {
  /** Certificates, selected by SNI. */
  readonly certificates: readonly CertificatePair[];
  /** Certificate for names that no other one covers; undefined: one that the gateway signs itself. */
  readonly defaultCertificate: CertificatePair | undefined;
  /** By name; undefined for invalid options: connections that require them are refused. */
  readonly options: ReadonlyMap<string, TlsOptions | undefined>;
  /** Names of options by host: exact, `*.example.com` or `**.example.com`. All other hosts have the options called `default`. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Whether a router of a listener without `tls` requires TLS. */
  readonly hasRouters: boolean;
}

/** Settings of a configuration without TLS. */
export const plainListener: ListenerTls = Object.freeze({
  certificates: Object.freeze([]),
  defaultCertificate: undefined,
  options: new Map([[defaultOptionsName, defaultTlsOptions]]),
  hosts: new Map(),
  hasRouters: false,
});
