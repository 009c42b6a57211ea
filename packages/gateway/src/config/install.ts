import type { Secret } from '@grantgate/middleware/base/secret';
import type { ApiConfig } from './api-config.ts';
import type { DefaultTransportConfig } from './default-transport-config.ts';
import type { Http2Config } from './http2-config.ts';
import type { LocalReferences } from './local-references.ts';
import type { MetricsConfig } from './metrics-config.ts';
import type { LogExportConfig, TracingConfig } from './otlp-config.ts';

/** The install configuration, `grantgate.yaml`: parsed, with defaults, and frozen. Names are Traefik's. */
export interface InstallConfig {
  readonly entryPoints: ReadonlyMap<string, EntryPointConfig>;
  readonly providers: {
    readonly file: FileProviderConfig | undefined;
    /** `kubernetesCRD`, `kubernetesIngress` and `kubernetesGateway` together: one cluster. */
    readonly kubernetes: KubernetesProviderConfig | undefined;
  };
  /** For services that name none. Default: the default limits, and verified certificates. */
  readonly serversTransport?: DefaultTransportConfig | undefined;
  readonly accessLog: AccessLogConfig | undefined;
  readonly log: LogConfig;
  /** Undefined: no metrics. */
  readonly metrics: MetricsConfig | undefined;
  /** Undefined: tracing is off. */
  readonly tracing?: TracingConfig | undefined;
  /** `/ping` and `/ready`; undefined: they are not served. */
  readonly ping:
    | {
        /** Undefined: no entry point serves them. */
        readonly entryPoint: string | undefined;
        /** Status of `/ping` while the gateway shuts down. */
        readonly terminatingStatus: number;
      }
    | undefined;
  /** `POST /api/tokens/purge` on the `admin` entry point. */
  readonly actions: boolean;
  /** Likewise on the Unix socket of the API. */
  readonly socketActions: boolean;
  /** Undefined: the API is off. */
  readonly api?: ApiConfig | undefined;
  /** Processes that serve requests; `auto`: one per available CPU. */
  readonly workers: number | 'auto';
}

/** The gateway's own log. */
export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'common';
  /** Undefined: standard error. */
  readonly file?: LogFileConfig | undefined;
  /** Undefined: the log is not exported. */
  readonly otlp?: LogExportConfig | undefined;
}

/** A log file and its rotation. */
export interface LogFileConfig {
  readonly path: string;
  readonly maxBytes: number;
  /** 0: all. */
  readonly maxBackups: number;
  /** 0: no limit. */
  readonly maxAgeMs: number;
  readonly compress: boolean;
}

export interface EntryPointConfig {
  readonly name: string;
  /** `host:port`, `:port` or `[v6]:port`; port 0 chooses a free one. */
  readonly host: string | undefined;
  readonly port: number;
  /** Path of a Unix socket that it listens on instead. Default: none. */
  readonly socketPath?: string;
  readonly tls: TlsConfig | undefined;
  /** Serves the routes that name no entry point. Default: false. */
  readonly asDefault?: boolean;
  /** Undefined: no PROXY header is read. */
  readonly proxyProtocol?: ProxyProtocolConfig | undefined;
  /** Middlewares of every route, before its own; qualified names. Default: none. */
  readonly middlewares?: readonly string[];
  /** Redirection of every request. Default: none. */
  readonly redirection?: RedirectionConfig | undefined;
  /** Logs, metrics and traces of requests. Default: all. */
  readonly observability?: Readonly<Record<'accessLogs' | 'metrics' | 'tracing', boolean>>;
  /** CIDR ranges of peers whose `X-Forwarded-*` are trusted; default none, and this machine for a forward-auth entry point. */
  readonly trustedIPs: readonly string[];
  readonly insecureForwardedHeaders: boolean;
  readonly transport: TransportConfig;
  readonly http2: Http2Config;
  /** Characters that paths may contain. */
  readonly encodedCharacters: EncodedCharacters;
  /** Authorizes requests for an external proxy, and serves no routes; undefined: it serves routes. */
  readonly externalAuth: ExternalAuthConfig | undefined;
}

/** Encoded characters that a path may contain; Traefik's names, without `allowEncoded`. */
export interface EncodedCharacters {
  /** `%2F` */
  readonly slash: boolean;
  /** `%5C` */
  readonly backSlash: boolean;
  /** `%00` */
  readonly nullCharacter: boolean;
  /** `%3B` */
  readonly semicolon: boolean;
  /** `%25` */
  readonly percent: boolean;
  /** `%3F` */
  readonly questionMark: boolean;
  /** `%23` */
  readonly hash: boolean;
}

/** Options of external authorization. */
export interface ExternalAuthConfig {
  /** Forward-auth (Envoy's HTTP form too) or `ext_authz` over gRPC. */
  readonly kind: 'forwardAuth' | 'extAuthz';
  /** Header with the caller's Basic credentials. */
  readonly credentialsHeader: string;
  /** Header of the response with the user name. */
  readonly usernameHeader: string;
  /** Status of a refusal to the status to send instead. */
  readonly statusMap: ReadonlyMap<number, number>;
  /** Header that carries a refusal's body too; forward-auth only. */
  readonly problemHeader: string | undefined;
  /** Middleware for checks that name none; `ext_authz` only. */
  readonly middleware: string | undefined;
}

/** Peers whose PROXY header is trusted. */
export interface ProxyProtocolConfig {
  /** Addresses and CIDR ranges. */
  readonly trustedIPs: readonly string[];
  /** Every peer. */
  readonly insecure: boolean;
}

/** Redirection of all requests of an entry point. */
export interface RedirectionConfig {
  /** Entry point, or `:port`. */
  readonly to: string;
  readonly scheme: string;
  readonly port: string;
  readonly permanent: boolean;
  /** Undefined: before all routes. */
  readonly priority: number | undefined;
  /** Whether the paths of ACME challenges are excluded, so that routes can serve them. */
  readonly exceptAcme: boolean;
}

export interface TlsConfig {
  /** The first is the default for names that no certificate covers; empty: no handshake succeeds. */
  readonly certificates: readonly { readonly certFile: string; readonly keyFile: string }[];
  /** Qualified name of the TLS options for routers that name none; undefined: the default ones. */
  readonly options: string | undefined;
}

export interface TransportConfig {
  /** Time limit of a whole request, head and body; 0: none. */
  readonly readTimeoutMs: number;
  /** Time limit of the head of a request, and of the TLS handshake before it. */
  readonly headerTimeoutMs: number;
  /** Time limit in which a caller must read a byte; 0: none. */
  readonly writeTimeoutMs: number;
  /** Time limit between two requests on one connection. */
  readonly idleTimeoutMs: number;
  /** Time for requests in flight after SIGTERM. */
  readonly graceTimeoutMs: number;
  /** Time after SIGTERM in which requests are still accepted. Default: 0. */
  readonly acceptGraceTimeoutMs?: number;
  /** Maximum number of requests of a connection; 0: no limit. Default: 0. */
  readonly maxRequests?: number;
  /** Age of a connection, from its first request, after which the next response is its last; 0: no limit. Default: 0. */
  readonly maxAgeMs?: number;
  /** Maximum size of the request head in bytes. */
  readonly maxHeaderBytes: number;
  /** Maximum number of header lines of a request. */
  readonly maxHeaderFields: number;
  /** Maximum size of the request body in bytes; 0: no limit. */
  readonly maxBodyBytes: number;
}

export interface FileProviderConfig {
  /** Files and directories, absolute. */
  readonly paths: readonly string[];
  readonly watch: boolean;
  /** References to the gateway's own environment and files that may be used; undefined: any. */
  readonly localReferences?: LocalReferences | undefined;
}

/** A cluster, and the kinds of routes to read from it. */
export interface KubernetesProviderConfig {
  /** URL of the API server; undefined: that of the pod, or of the kubeconfig. */
  readonly endpoint: string | undefined;
  /** For `endpoint`: the token itself, or a reference to it. */
  readonly token: Secret | undefined;
  readonly certAuthFilePath: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Average rate of requests to the API server per second, and maximum number at once. */
  readonly qps: number;
  readonly burst: number;
  /** Above this number of referenced Secrets of a namespace, all are read together if a role allows it. */
  readonly secretsThreshold: number;
  /** Minimum time between two changes that take effect. */
  readonly throttleMs: number;
  /** IngressRoutes and Middlewares of Traefik; undefined: none. */
  readonly crd: CustomResourcesConfig | undefined;
  /** Undefined: no Ingresses. */
  readonly ingress: IngressConfig | undefined;
  /** Gateways and HTTPRoutes; undefined: none. */
  readonly gateway: GatewayApiConfig | undefined;
}

/** Objects of one kind of routes. */
export interface ObjectScope {
  /** Empty: the whole cluster. */
  readonly namespaces: readonly string[];
  /** Empty: everything. */
  readonly labelSelector: string;
}

export interface CustomResourcesConfig extends ObjectScope {
  /** Empty: IngressRoutes without the annotation, and those with `traefik`. */
  readonly ingressClass: string;
  readonly allowCrossNamespace: boolean;
  readonly allowExternalNameServices: boolean;
  /** The only namespace whose TLSOption and TLSStore called `default` are used; empty: any. */
  readonly defaultTlsNamespace: string;
  /** References to the gateway's own environment and files that Middlewares may use. */
  readonly localReferences: LocalReferences;
}

export interface IngressConfig extends ObjectScope {
  /** Empty: those of every IngressClass of the gateway or of Traefik, those without a class, and those of `traefik`. */
  readonly ingressClass: string;
  /** Otherwise Ingresses that name an IngressClass are ignored. */
  readonly readsClasses: boolean;
  readonly allowCrossNamespace: boolean;
  readonly allowExternalNameServices: boolean;
  readonly strictPrefixMatching: boolean;
}

export type GatewayApiConfig = ObjectScope;

export interface AccessLogConfig {
  readonly format: 'json' | 'common' | 'genericCLF';
  /** Undefined: standard output. */
  readonly filePath: string | undefined;
  /** Maximum number of buffered lines; 0: the default. */
  readonly bufferedLines: number;
  /** Logs requests for the gateway itself. */
  readonly addInternals: boolean;
  /** Undefined: every request is logged. */
  readonly filters: AccessLogFilters | undefined;
  readonly fields: AccessLogFields;
  /** Undefined: the access log is not exported. */
  readonly otlp?: LogExportConfig | undefined;
  /** Whether lines are written to `filePath` or standard output. Default: yes. */
  readonly writesLines?: boolean;
}

/** A request is logged if it matches one of them. */
export interface AccessLogFilters {
  /** Both ends included. */
  readonly statuses: readonly { readonly from: number; readonly to: number }[];
  readonly retried: boolean;
  readonly longerThanMs: number | undefined;
}

/** Fields of a line. */
export interface AccessLogFields {
  /** Whether fields that are not in `names` are kept. */
  readonly keepsOthers: boolean;
  /** Whether they are kept, by name in lower case. */
  readonly names: ReadonlyMap<string, boolean>;
  readonly headers: {
    readonly others: HeaderMode;
    /** By name in lower case. */
    readonly names: ReadonlyMap<string, HeaderMode>;
  };
  readonly keepsQuery: boolean;
}

export type HeaderMode = 'keep' | 'drop' | 'redact';

/** Addresses of the listeners, by entry point; with the actual port when port 0 was configured. */
export type ListenAddresses = ReadonlyMap<
  string,
  { readonly host: string | undefined; readonly port: number }
>;

/** Entry points that serve only routes that name them: grantgate's `admin` and Traefik's `traefik`. */
export const internalEntryPoints: readonly string[] = Object.freeze(['admin', 'traefik']);
