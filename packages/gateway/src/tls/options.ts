import type { SecureVersion } from 'node:tls';
import type { ClientAuthType } from '../config/dynamic.ts';

/** How TLS connections of callers are secured, in the words of Node.js. */
export interface TlsOptions {
  readonly minVersion: SecureVersion;
  /** Undefined: the newest. */
  readonly maxVersion: SecureVersion | undefined;
  /** Undefined: those of Node.js. */
  readonly ciphers: string | undefined;
  /** Undefined: those of Node.js. */
  readonly ecdhCurve: string | undefined;
  /** PEM certificates that client certificates are verified with; undefined: none are verified. */
  readonly clientCAs: readonly string[] | undefined;
  readonly clientAuthType: ClientAuthType;
  /** Refuses connections for names that no certificate covers. */
  readonly sniStrict: boolean;
  /** Whether sessions are resumed with tickets. */
  readonly sessionTickets: boolean;
  /** Protocols that are offered (ALPN), in order of preference; not empty. */
  readonly alpnProtocols: readonly AlpnProtocol[];
}

/** Protocols that are served; in order of preference where none are configured. */
export const alpnProtocols = ['h2', 'http/1.1'] as const;
export type AlpnProtocol = (typeof alpnProtocols)[number];

/** Name of the options that hold where none are named. */
export const defaultOptionsName = 'default';

/** Traefik's, without a section `tls.options.default`. */
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
