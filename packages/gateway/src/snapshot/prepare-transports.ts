import { isDeepStrictEqual } from 'node:util';
import type { LoadBalancerConfig, ServersTransportConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import { createDerive, type LookUp } from '../reload/derive.ts';
import { keepMap } from '../reload/list-changes.ts';
import type { SharedSources } from '../secrets/resolve.ts';
import { findPairFault, type CertificatePair, isCertificate } from '../tls/certificate-pair.ts';
import { allowVersion, chooseNames, nodeVersions, toOpenSslCiphers } from '../tls/cipher-suites.ts';
import { defaultUpstreamTransport, type UpstreamTransport } from '../upstream/transport.ts';
import { firstError } from './find-steps.ts';
import { readPem, type PemSources } from './read-pem.ts';

/** A transport with its certificates read. */
interface TransportResult {
  /** Undefined for an invalid transport: its services refuse, because another transport would trust other servers. */
  readonly transport: UpstreamTransport | undefined;
  readonly fault: string | undefined;
  readonly problems: readonly Problem[];
}

export interface PreparedTransports {
  /** Valid transports, by qualified name; an unchanged one is the same object as before. */
  readonly transports: ReadonlyMap<string, UpstreamTransport>;
  /** The services; those with a changed transport are new objects, those with an invalid one have an error. */
  readonly services: ReadonlyMap<string, ServiceConfig>;
  readonly problems: readonly Problem[];
}

/** Prepares the transports of successive configurations. */
export function createPrepareTransports(): (
  transports: ReadonlyMap<string, ServersTransportConfig>,
  services: ReadonlyMap<string, ServiceConfig>,
  sources: SharedSources,
) => PreparedTransports {
  let before: ReadonlyMap<string, TransportResult> = new Map();
  let lastServices: ReadonlyMap<string, ServiceConfig> | undefined;
  const deriveServices = createDerive(
    (config: ServiceConfig, lookUp: LookUp<{ readonly results: ReadonlyMap<string, TransportResult> }>) => {
      if (config.kind !== 'loadBalancer' || config.serversTransport === undefined) return config;
      return withTransport(config, lookUp('results', config.serversTransport));
    },
  );
  return (transports, services, sources) => {
    // Most configurations have none.
    if (transports.size === 0) return { transports: new Map(), services, problems: [] };
    const results = new Map<string, TransportResult>();
    for (const [name, config] of transports) {
      const result = prepareTransport(config, sources);
      const last = before.get(name);
      results.set(name, last !== undefined && isDeepStrictEqual(last, result) ? last : result);
    }
    before = results;
    const derived = new Map(
      deriveServices([...services.values()], { results }).map((one) => [one.name, one]),
    );
    lastServices = keepMap(lastServices, derived);
    const usable = new Map<string, UpstreamTransport>();
    for (const [name, { transport }] of results) if (transport !== undefined) usable.set(name, transport);
    return {
      transports: usable,
      services: lastServices,
      problems: Array.from(results.values()).flatMap(({ problems }) => problems),
    };
  };
}

function withTransport(config: LoadBalancerConfig, result: TransportResult | undefined): LoadBalancerConfig {
  if (result?.fault === undefined) return { ...config };
  return {
    ...config,
    errors: [
      ...config.errors,
      {
        severity: 'error',
        place: config.place,
        code: 'invalid_tls',
        path: config.name,
        message: `the serversTransport ${config.serversTransport ?? ''} is invalid: ${result.fault}`,
      },
    ],
  };
}

function prepareTransport(config: ServersTransportConfig, sources: SharedSources): TransportResult {
  const read = readTransport(config, sources);
  const { place, name } = config;
  const problems = read.faults.map((message): Problem => ({
    severity: 'error',
    place,
    code: 'invalid_tls',
    path: name,
    message,
  }));
  const fault = firstError([...config.errors, ...problems]);
  return { transport: fault === undefined ? read.transport : undefined, fault, problems };
}

type UnnamedTransport = Omit<ServersTransportConfig, 'name' | 'place' | 'errors'>;

/** Reads the certificates of a transport. `faults` receives their problems. */
export function readTransport(
  config: UnnamedTransport,
  sources: PemSources,
): { readonly transport: UpstreamTransport; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const report = (message: string): readonly never[] => {
    faults.push(message);
    return [];
  };
  const rootCAs = config.rootCAs.flatMap((source): readonly string[] => {
    const { text, fault } = readPem(source, sources);
    if (text === undefined) return report(`rootCAs: ${fault}`);
    return isCertificate(text) ? [text] : report('rootCAs: expected PEM certificates of authorities');
  });
  const certificates = config.certificates.flatMap(({ cert, key }): readonly CertificatePair[] => {
    const [certText, keyText] = [readPem(cert, sources), readPem(key, sources)];
    if (certText.text === undefined) return report(`certificates: ${certText.fault}`);
    if (keyText.text === undefined) return report(`certificates: ${keyText.fault}`);
    const pair = { cert: certText.text, key: keyText.text };
    return findPairFault(pair) === undefined
      ? [pair]
      : report('certificates: expected a PEM certificate and its unencrypted PEM private key');
  });
  const ciphers =
    config.cipherSuites &&
    chooseNames('cipherSuites', toOpenSslCiphers(config.cipherSuites), (message, severity) => {
      if (severity !== 'warning') faults.push(message);
    });
  return { transport: toTransport(config, { rootCAs, certificates, ciphers }), faults };
}

function toTransport(
  config: UnnamedTransport,
  read: {
    readonly rootCAs: readonly string[];
    readonly certificates: readonly CertificatePair[];
    readonly ciphers: string | undefined;
  },
): UpstreamTransport {
  const { serverName, insecureSkipVerify, peerCertURI, maxVersion } = config;
  const minVersion = config.minVersion && nodeVersions[config.minVersion];
  return {
    ...defaultUpstreamTransport,
    ...(config.maxIdleConnsPerHost !== undefined && { maxIdleConnsPerHost: config.maxIdleConnsPerHost }),
    ...(config.dialTimeoutMs !== undefined && { dialTimeoutMs: config.dialTimeoutMs }),
    ...(config.responseHeaderTimeoutMs !== undefined && {
      responseHeaderTimeoutMs: config.responseHeaderTimeoutMs,
    }),
    ...(config.idleConnTimeoutMs !== undefined && {
      idleConnTimeoutMs: config.idleConnTimeoutMs,
      http2IdleTimeoutMs: config.idleConnTimeoutMs,
    }),
    ...(config.readIdleTimeoutMs !== undefined && { readIdleTimeoutMs: config.readIdleTimeoutMs }),
    ...(config.pingTimeoutMs !== undefined && { pingTimeoutMs: config.pingTimeoutMs }),
    ...(config.disablesHttp2 !== undefined && { disablesHttp2: config.disablesHttp2 }),
    tls: {
      serverName,
      insecureSkipVerify,
      peerCertURI,
      rootCAs: read.rootCAs.length > 0 ? read.rootCAs : undefined,
      certificates: read.certificates,
      minVersion,
      maxVersion: maxVersion && nodeVersions[maxVersion],
      ciphers: minVersion === undefined ? read.ciphers : allowVersion(minVersion, read.ciphers),
    },
  };
}
