import type { SecureVersion } from 'node:tls';
import { getCiphers } from 'node:tls';
import type { TlsVersion } from '../config/dynamic.ts';

/** Go's names of cipher suites before TLS 1.3, with OpenSSL's; empty for those that OpenSSL no longer has. */
const suites: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_RC4_128_SHA: '',
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: '',
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: '',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'ECDHE-RSA-DES-CBC3-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
};

/** As in Go, the suites of TLS 1.3 are always enabled; the last name is not a cipher suite. */
const always: ReadonlySet<string> = new Set([
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_FALLBACK_SCSV',
]);

/** OpenSSL's names for Go's names. */
export interface OpenSslNames {
  /** In order, separated by `:`. */
  readonly names: string;
  /** Cipher suites that this version of Node.js does not have. */
  readonly missing: readonly string[];
  /** Unknown names. */
  readonly unknown: readonly string[];
}

export function toOpenSslCiphers(written: readonly string[]): OpenSslNames {
  const available = new Set(getCiphers().map((name) => name.toUpperCase()));
  const listed = written.filter((name) => !always.has(name));
  return {
    names: listed
      .flatMap((name) => (available.has(suites[name] ?? '') ? (suites[name] ?? '') : []))
      .join(':'),
    missing: listed.filter((name) => suites[name] !== undefined && !available.has(suites[name])),
    unknown: listed.filter((name) => suites[name] === undefined),
  };
}

/** Curves by the names that Traefik accepts. */
const curves: Readonly<Record<string, string>> = {
  CurveP256: 'P-256',
  secp256r1: 'P-256',
  CurveP384: 'P-384',
  secp384r1: 'P-384',
  CurveP521: 'P-521',
  secp521r1: 'P-521',
  X25519: 'X25519',
  x25519: 'X25519',
  X25519MLKEM768: 'X25519MLKEM768',
  SecP256r1MLKEM768: 'SecP256r1MLKEM768',
  SecP384r1MLKEM1024: 'SecP384r1MLKEM1024',
};

/** @param isAvailable whether this version of Node.js has a curve, by OpenSSL's name. */
export function toOpenSslCurves(
  written: readonly string[],
  isAvailable: (curve: string) => boolean,
): OpenSslNames {
  const known = written.filter((name) => curves[name] !== undefined);
  const has = (name: string): boolean => isAvailable(curves[name] ?? '');
  return {
    names: known
      .filter(has)
      .map((name) => curves[name])
      .join(':'),
    missing: known.filter((name) => !has(name)),
    unknown: written.filter((name) => curves[name] === undefined),
  };
}

/** Versions by Node.js's names. */
export const nodeVersions = {
  VersionTLS10: 'TLSv1',
  VersionTLS11: 'TLSv1.1',
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
} as const satisfies Readonly<Record<TlsVersion, SecureVersion>>;

/** At higher levels, OpenSSL refuses the ciphers that TLS 1.1 and older need. */
export const allowVersion = (minVersion: SecureVersion, ciphers: string | undefined): string | undefined =>
  minVersion < 'TLSv1.2' ? `${ciphers ?? 'DEFAULT'}:@SECLEVEL=0` : ciphers;

/** The available names of an option; undefined: the defaults. */
export function chooseNames(
  option: string,
  { names, missing, unknown }: OpenSslNames,
  report: (message: string, severity?: 'error' | 'warning') => void,
): string | undefined {
  if (unknown.length > 0) report(`${option}: unknown: ${unknown.join(', ')}`);
  if (missing.length > 0)
    report(
      `${option}: this version of Node.js does not have ${missing.join(', ')}`,
      names === '' ? 'error' : 'warning',
    );
  return names === '' ? undefined : names;
}
