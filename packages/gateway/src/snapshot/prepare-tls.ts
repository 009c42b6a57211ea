import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type {
  CertificateSource,
  ConfigEntry,
  PemSource,
  TlsOptionsConfig,
  TlsSection,
} from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { SharedSources } from '../secrets/resolve.ts';
import type { CertificatePair } from '../tls/certificate-pair.ts';
import { findPairFault, type PairFault, isCertificate } from '../tls/certificate-pair.ts';
import {
  allowVersion,
  chooseNames,
  nodeVersions,
  toOpenSslCiphers,
  toOpenSslCurves,
} from '../tls/cipher-suites.ts';
import {
  alpnProtocols,
  defaultOptionsName,
  defaultTlsOptions,
  type AlpnProtocol,
  type TlsOptions,
} from '../tls/options.ts';
import { readPem, type PemText } from './read-pem.ts';

/** TLS of a configuration, with its certificates read. */
export interface PreparedTls {
  readonly certificates: readonly CertificatePair[];
  /** Default certificate; undefined: one that the gateway signs itself. */
  readonly defaultCertificate: CertificatePair | undefined;
  /** TLS options by name, always including `default`; undefined for invalid ones. */
  readonly options: ReadonlyMap<string, TlsOptions | undefined>;
  readonly problems: readonly Problem[];
}

/** Prepares the TLS of successive configurations; unchanged parts stay the same objects. */
export function createPrepareTls(): (section: TlsSection, sources: SharedSources) => PreparedTls {
  const readPairs = createReadPairs();
  let before: (TlsInputs & { readonly prepared: PreparedTls }) | undefined;
  return (section, sources) => {
    const read: TlsInputs = { section, texts: sourcesOf(section).map((source) => readPem(source, sources)) };
    if (before?.section === section && isDeepStrictEqual(before.texts, read.texts)) return before.prepared;
    before = { ...read, prepared: keepParts(before?.prepared, prepareTls(section, sources, readPairs())) };
    return before.prepared;
  };
}

/** Inputs of the preparation. */
interface TlsInputs {
  readonly section: TlsSection;
  readonly texts: readonly PemText[];
}

const sourcesOf = ({ certificates, stores, options }: TlsSection): readonly PemSource[] => [
  ...[
    ...certificates,
    ...Array.from(stores.values(), ({ defaultCertificate }) => defaultCertificate),
  ].flatMap((pair) => (pair === undefined ? [] : [pair.cert, pair.key])),
  ...Array.from(options.values()).flatMap(({ clientCAs }) => clientCAs),
];

function keepParts(before: PreparedTls | undefined, now: PreparedTls): PreparedTls {
  if (before === undefined) return now;
  const keep = <T>(old: T, fresh: T): T => (isDeepStrictEqual(old, fresh) ? old : fresh);
  const kept: PreparedTls = {
    certificates: keep(before.certificates, now.certificates),
    defaultCertificate: keep(before.defaultCertificate, now.defaultCertificate),
    options: keep(before.options, now.options),
    problems: keep(before.problems, now.problems),
  };
  const isSame = (Object.keys(kept) as (keyof PreparedTls)[]).every((name) => kept[name] === before[name]);
  return isSame ? before : kept;
}

function prepareTls(
  { certificates, stores, options }: TlsSection,
  sources: SharedSources,
  read: ReadPair,
): PreparedTls {
  const problems: Problem[] = [];
  // Many routes may name one certificate; its problems are reported for each of them.
  const pairs = new Set(certificates.flatMap((config) => read(config, config, sources, problems) ?? []));
  const store = stores.get(defaultOptionsName);
  const standard = store?.defaultCertificate;
  const prepared = new Map<string, TlsOptions | undefined>([[defaultOptionsName, defaultTlsOptions]]);
  for (const [name, config] of options) prepared.set(name, readOptions(config, sources, problems));
  return {
    certificates: [...pairs],
    defaultCertificate: store && standard && read(store, standard, sources, problems),
    options: prepared,
    problems,
  };
}

const toProblem = (
  { place, name }: ConfigEntry,
  message: string,
  severity: Problem['severity'] = 'error',
): Problem => ({
  severity,
  place,
  code: 'invalid_tls',
  path: name === '' ? 'tls.certificates' : name,
  message,
});

/**
 * Reads the certificates of successive configurations. An invalid certificate is reported, and the last valid one from the same source
 * replaces it. A certificate whose Secret was deleted is not replaced.
 */
function createReadPairs(): () => ReadPair {
  let known: ReadonlyMap<string, PairHistory> = new Map();
  return () => {
    const before = known;
    const now = new Map<string, PairHistory>();
    known = now;
    return (entry, source, sources, problems) => {
      if (entry.errors.length > 0) return undefined;
      const key = JSON.stringify([source.cert, source.key]);
      const history = now.get(key) ?? readAgain(source, sources, before.get(key));
      now.set(key, history);
      const { result, usable, warning } = history;
      if (result.fault !== undefined)
        problems.push(
          usable === undefined
            ? toProblem(entry, result.fault)
            : // Its two files may be in the middle of a replacement.
              toProblem(entry, `${result.fault}: keeping the last valid ones`, 'warning'),
        );
      else if (warning !== undefined) problems.push(toProblem(entry, warning, 'warning'));
      return usable;
    };
  };
}

/** The texts of a certificate and its key, with the result of parsing them. */
interface PairHistory {
  readonly texts: readonly [cert: PemText, key: PemText];
  readonly result: PairOrFault;
  /** The last valid pair. */
  readonly usable: CertificatePair | undefined;
  /** Warning about a valid pair. */
  readonly warning: string | undefined;
}

/** An unchanged text is not parsed again. */
function readAgain(
  { cert, key }: CertificateSource,
  sources: SharedSources,
  before: PairHistory | undefined,
): PairHistory {
  const texts = [readPem(cert, sources), readPem(key, sources)] as const;
  if (before !== undefined && isDeepStrictEqual(before.texts, texts)) return before;
  const result = toPair(...texts, toOrigin(cert));
  const isGone = [cert, key].some(({ kind }, index) => kind === 'secret' && texts[index]?.text === undefined);
  const usable = result.pair ?? (isGone ? undefined : before?.usable);
  return { texts, result, usable, warning: result.pair && findValidityFault(result.pair) };
}

const toOrigin = (source: PemSource): string | undefined =>
  source.kind === 'file' ? source.path : source.kind === 'secret' ? `Secret ${source.secret}` : undefined;

/** As in Traefik, such a certificate is served, and callers decide whether to accept it. */
function findValidityFault({ cert }: CertificatePair): string | undefined {
  const { validFrom, validTo } = new X509Certificate(cert);
  const now = Date.now();
  if (Date.parse(validTo) < now) return `the certificate expired on ${validTo}`;
  return Date.parse(validFrom) > now ? `the certificate is not valid before ${validFrom}` : undefined;
}

type ReadPair = (
  entry: ConfigEntry,
  source: CertificateSource,
  sources: SharedSources,
  problems: Problem[],
) => CertificatePair | undefined;

type PairOrFault =
  | { readonly pair: CertificatePair; readonly fault?: undefined }
  | { readonly pair?: undefined; readonly fault: string };

function toPair(certText: PemText, keyText: PemText, origin: string | undefined): PairOrFault {
  if (certText.text === undefined) return { fault: `certFile: ${certText.fault}` };
  if (keyText.text === undefined) return { fault: `keyFile: ${keyText.fault}` };
  const pair = { cert: certText.text, key: keyText.text, ...(origin !== undefined && { origin }) };
  const fault = findPairFault(pair);
  if (fault !== undefined) return { fault: pairFaults[fault] };
  const { cert, key } = pair;
  const refusal = findContextFault({ cert, key, minVersion: 'TLSv1.2' });
  return refusal === undefined ? { pair } : { fault: `the certificate cannot be used: ${refusal}` };
}

const pairFaults = {
  no_certificate: 'certFile: expected a PEM certificate',
  no_key: 'keyFile: expected an unencrypted PEM private key',
  mismatch: 'the key does not match the certificate',
} as const satisfies Readonly<Record<PairFault, string>>;

/** Undefined for invalid options: a connection must not fall back to weaker ones. */
function readOptions(
  config: TlsOptionsConfig,
  sources: SharedSources,
  problems: Problem[],
): TlsOptions | undefined {
  const before = problems.length;
  const report = (message: string, severity?: Problem['severity']): void =>
    void problems.push(toProblem(config, message, severity));
  const clientCAs = config.clientCAs.flatMap((source) => {
    const { text, fault } = readPem(source, sources);
    if (text !== undefined && isCertificate(text)) return [text];
    report(`clientAuth: ${fault ?? 'expected PEM certificates of authorities'}`);
    return [];
  });
  const ciphers =
    config.cipherSuites && chooseNames('cipherSuites', toOpenSslCiphers(config.cipherSuites), report);
  const isAvailable = (ecdhCurve: string): boolean => findContextFault({ ecdhCurve }) === undefined;
  const curves =
    config.curvePreferences &&
    chooseNames('curvePreferences', toOpenSslCurves(config.curvePreferences, isAvailable), report);
  const minVersion = nodeVersions[config.minVersion ?? 'VersionTLS12'];
  const options: TlsOptions = Object.freeze({
    minVersion,
    maxVersion: config.maxVersion && nodeVersions[config.maxVersion],
    ciphers: allowVersion(minVersion, ciphers),
    ecdhCurve: curves,
    clientCAs: clientCAs.length > 0 ? clientCAs : undefined,
    clientAuthType:
      config.clientAuthType ?? (clientCAs.length > 0 ? 'RequireAndVerifyClientCert' : 'NoClientCert'),
    sniStrict: config.sniStrict,
    sessionTickets: config.sessionTickets,
    alpnProtocols: config.alpnProtocols?.filter(isAlpnProtocol) ?? alpnProtocols,
  });
  const isBroken =
    config.errors.length > 0 || problems.slice(before).some(({ severity }) => severity === 'error');
  return isBroken ? undefined : options;
}

const isAlpnProtocol = (name: string): name is AlpnProtocol =>
  (alpnProtocols as readonly string[]).includes(name);

function findContextFault(options: Parameters<typeof createSecureContext>[0]): string | undefined {
  try {
    createSecureContext(options);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'invalid';
  }
}
