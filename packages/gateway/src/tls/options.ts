import type { SecureVersion } from 'node:tls';
import type { ClientAuthType } from '../config/dynamic.ts';

/** TLS settings for callers' connections, in the terms of Node.js. */
export interface TlsOptions {
  readonly minVersion: SecureVersion;
  /** Undefined: the newest. */
  readonly maxVersion: SecureVersion | undefined;
  /** Undefined: those of Node.js. */
  readonly ciphers: string | undefined;
  /** Undefined: those of Node.js. */
  readonly ecdhCurve: string | undefined;
  /** PEM certificates of the authorities for client certificates; undefined: client certificates are not verified. */
  readonly clientCAs: readonly string[] | undefined;
  readonly clientAuthType: ClientAuthType;
  /** Refuses connections for names that no certificate covers. */
  readonly sniStrict: boolean;
  /** Whether sessions are resumed with tickets. */
  readonly sessionTickets: boolean;
  /** Offered protocols (ALPN), in order of preference; not empty. */
  readonly alpnProtocols: readonly AlpnProtocol[];
}

/** Supported protocols; the default, in order of preference. */
export const alpnProtocols = ['h2', 'http/1.1'] as const;
export type AlpnProtocol = (typeof alpnProtocols)[number];

/** Name of the options that apply when a router names none. */
export const defaultOptionsName = 'default';

/** Traefik's defaults without a section `tls.options.default`. */
export const defaultTlsOptions: TlsOptions = Object.freeze({
  minVersion: 'TLSv1.2',
  maxVersion: undefined,
  ciphers: undefined,
  ecdhCurve: undefined,
  clientCAs: undefined,
  clientAuthType: 'NoClientCert',
  sniStrict: false,
  sessionTickets: true,
  alpnProtocols,
});
