import type { EntryPart } from './document.ts';
import type { LocalReferences } from './local-references.ts';
import type { Path } from './path.ts';
import type { Place, Problem } from './place.ts';

/**
 * The output of a provider: a complete, immutable configuration. Names are qualified as in Traefik (`api@file`,
 * `apps-test-client-creds@kubernetescrd`). An entry with `errors` is broken: it refuses requests without affecting others.
 */
export interface DynamicConfiguration {
  readonly routers: ReadonlyMap<string, RouterConfig>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
  readonly tls: TlsSection;
  readonly serversTransports: ReadonlyMap<string, ServersTransportConfig>;
  /** Kubernetes `Secret` objects as `namespace/name`, each a map of key to value. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Secrets of a cluster that have not been read and may exist, as `namespace/name`. */
  readonly unreadSecrets: UnreadSecrets;
  /** All problems, including the errors of broken entries. */
  readonly problems: readonly Problem[];
}

/** The reason why a Secret has not been read: its response has not arrived, or a role is missing. */
export type UnreadSecrets = ReadonlyMap<string, 'pending' | 'forbidden'>;

/** The part of a configuration about TLS connections of callers. */
export interface TlsSection {
  /** In the order of the documents. */
  readonly certificates: readonly CertificateConfig[];
  /** By name; only `default` is used, as in Traefik. */
  readonly stores: ReadonlyMap<string, TlsStoreConfig>;
  /** By qualified name; the options for routers without options are called `default`, without a provider. */
  readonly options: ReadonlyMap<string, TlsOptionsConfig>;
}

export interface ConfigEntry {
  readonly name: string;
  readonly place: Place;
  /** Non-empty when the entry is broken and must refuse (503). */
  readonly errors: readonly Problem[];
}

export interface RouterConfig extends ConfigEntry {
  readonly rule: string;
  /** The position of a code unit of the rule, counted from 0. */
  readonly rulePlace: (offset: number) => Place;
  /** Empty: every entry point but `admin`. */
  readonly entryPoints: readonly string[];
  /** The position of one of them. */
  readonly entryPointPlace: (index: number) => Place;
  /** Qualified names, outermost first. */
  readonly middlewares: readonly string[];
  /** Qualified name. */
  readonly service: string;
  /** Undefined or 0: the length of the rule. */
  readonly priority: number | undefined;
  /** Only for entry points that listen on these ports, with TLS or without; default: any. */
  readonly listener?: {
    readonly port: number;
    readonly tls: boolean;
    /** Whether it has its own certificates. Default: false. */
    readonly hasCertificates?: boolean;
  };
  /**
   * A router with `tls` serves only TLS connections. A router without it serves plain ones, and TLS connections of entry points
   * with `tls`.
   */
  readonly tls: boolean;
  /** Qualified name of the TLS options that it requires; undefined: those of the entry point. */
  readonly tlsOptions: string | undefined;
}

export type ServiceConfig = LoadBalancerConfig | WeightedConfig | FailoverConfig;

/** How a service chooses among its servers; Traefik's names. */
export type BalancingStrategy = 'wrr' | 'p2c' | 'hrw' | 'leasttime';

export interface LoadBalancerConfig extends ConfigEntry {
  readonly kind: 'loadBalancer';
  readonly servers: readonly ServerConfig[];
  /** Forwards the caller's Host to the upstream. */
  readonly passHostHeader: boolean;
  /** Qualified name of a servers transport; undefined: the default one. */
  readonly serversTransport: string | undefined;
  readonly healthCheck: HealthCheckConfig | undefined;
  readonly sticky: StickyConfig | undefined;
  /** Default: `wrr`. */
  readonly strategy?: BalancingStrategy;
  /** Undefined: responses to requests do not affect the health of servers. */
  readonly passiveHealthCheck?: PassiveHealthCheckConfig | undefined;
}

/**
 * A server that fails `maxFailedAttempts` times in a window, without a success in between, gets no requests for the same
 * time.
 */
export interface PassiveHealthCheckConfig {
  readonly failureWindowMs: number;
  readonly maxFailedAttempts: number;
}

/** Distributes requests over other services by weight. */
export interface WeightedConfig extends ConfigEntry {
  readonly kind: 'weighted';
  readonly services: readonly WeightedMember[];
  /** In turn, or by the address of the peer. Default: `wrr`. */
  readonly strategy?: 'wrr' | 'hrw';
  /** Undefined: there is no cookie for the service. */
  readonly sticky?: StickyConfig | undefined;
}

export interface WeightedMember {
  readonly name: string;
  readonly weight: number;
  /** Name as written in the configuration, from which cookies and the hash of an address are derived. Default: `name`. */
  readonly writtenName?: string;
}

/** Sends requests to a service, or to another one while the first has no healthy server. */
export interface FailoverConfig extends ConfigEntry {
  readonly kind: 'failover';
  readonly service: string;
  readonly fallback: string;
}

/** Limits of connections; undefined limits have their defaults. */
export interface TransportLimits {
  readonly maxIdleConnsPerHost: number | undefined;
  readonly dialTimeoutMs: number | undefined;
  readonly responseHeaderTimeoutMs: number | undefined;
  readonly idleConnTimeoutMs: number | undefined;
  readonly readIdleTimeoutMs?: number | undefined;
  readonly pingTimeoutMs?: number | undefined;
  readonly disablesHttp2?: boolean | undefined;
}

/** Settings of connections to servers; undefined settings have their defaults. */
export interface ServersTransportConfig extends ConfigEntry, TransportLimits {
  readonly serverName: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly rootCAs: readonly PemSource[];
  readonly certificates: readonly CertificateSource[];
  readonly peerCertURI: string | undefined;
  /** In Go's names; undefined: the defaults. */
  readonly cipherSuites?: readonly string[] | undefined;
  readonly minVersion?: TlsVersion | undefined;
  readonly maxVersion?: TlsVersion | undefined;
}

export interface ServerConfig {
  /** `http://`, `https://` or `h2c://`, host, optional port and path; no query. */
  readonly url: string;
  /** 0 and up. */
  readonly weight: number;
  /** Whether the path of `url` is put before the path of requests; default false. */
  readonly preservePath?: boolean;
}

/** `h2c`: HTTP/2 without TLS. */
export type ServerScheme = 'http' | 'https' | 'h2c';

export interface HealthCheckConfig {
  /** `grpc`: the gRPC health checking protocol; then path, method, status and redirects have no meaning. Default: `http`. */
  readonly mode?: 'http' | 'grpc';
  readonly path: string;
  readonly method: string;
  readonly scheme: ServerScheme | undefined;
  readonly port: number | undefined;
  readonly hostname: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  /** Interval while the server is not healthy. */
  readonly unhealthyIntervalMs: number;
  readonly timeoutMs: number;
  readonly followRedirects: boolean;
  /** 0: any 2xx or 3xx. */
  readonly status: number;
}

export interface StickyConfig {
  readonly cookieName: string;
  readonly path: string;
  /** Undefined: the host of the request. */
  readonly domain: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'none' | 'lax' | 'strict' | undefined;
  /** Seconds; 0: a session cookie; below 0: the cookie expires at once. */
  readonly maxAgeSeconds: number;
}

export interface MiddlewareConfig extends ConfigEntry {
  /** Name of its kind, in Traefik's spelling; undefined for a kind that is not served: the middleware is broken. */
  readonly kind: string | undefined;
  /** Options as written, references unresolved, keys in their written letter case. */
  readonly options: unknown;
  /** Namespace for `urn:k8s:` references; undefined outside Kubernetes. */
  readonly namespace: string | undefined;
  /** `urn:env:` and `urn:file:` references that its options may use; undefined: any. */
  readonly localReferences: LocalReferences | undefined;
  /**
   * Position of an option by its path as written in `options`, or of the nearest known ancestor. A string's position is the
   * start of its text; with `key`, the position of the option's name; with a number, that of the code unit of the string.
   */
  readonly placeOf: (path: Path, part?: EntryPart) => Place;
  /** Qualified name of the service to which it sends requests; undefined if there is none. */
  readonly service?: string | undefined;
  /** Qualified names of the middlewares of a chain, outermost first; undefined for a middleware that is a step itself. */
  readonly members: readonly string[] | undefined;
}

/** PEM text: literal, in a file, or under the first existing one of some keys of a Kubernetes Secret. */
export type PemSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'secret';
      readonly secret: string;
      readonly keys: readonly string[];
      /** Whether the only key of a Secret is used when none of those exists. Default: false. */
      readonly orOnlyKey?: boolean;
    };

/** A certificate with its key, as in a configuration. */
export interface CertificateSource {
  readonly cert: PemSource;
  readonly key: PemSource;
}

export interface CertificateConfig extends ConfigEntry, CertificateSource {}

export interface TlsStoreConfig extends ConfigEntry {
  readonly defaultCertificate: CertificateSource | undefined;
}

export interface TlsOptionsConfig extends ConfigEntry {
  readonly minVersion: TlsVersion | undefined;
  readonly maxVersion: TlsVersion | undefined;
  /** In Go's names; undefined: the defaults. */
  readonly cipherSuites: readonly string[] | undefined;
  /** In Go's names; undefined: the defaults. */
  readonly curvePreferences: readonly string[] | undefined;
  readonly clientCAs: readonly PemSource[];
  /** Undefined: depends on whether `clientCAs` are set. */
  readonly clientAuthType: ClientAuthType | undefined;
  readonly sniStrict: boolean;
  readonly sessionTickets: boolean;
  /** Undefined: the default ones. */
  readonly alpnProtocols: readonly string[] | undefined;
}

/** As Traefik writes them. */
export const tlsVersions = ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/** As Traefik and Go write them. */
export const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
export type ClientAuthType = (typeof clientAuthTypes)[number];
