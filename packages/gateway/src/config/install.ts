import type { Secret } from '@grantgate/middleware/base/secret';
import type { PemSource, TransportLimits } from './dynamic.ts';
import type { LocalReferences } from './local-references.ts';

/** The install configuration, `grantgate.yaml`, parsed, defaulted and frozen. Names are Traefik's. */
export interface InstallConfig {
  readonly entryPoints: ReadonlyMap<string, EntryPointConfig>;
  readonly providers: {
    readonly file: FileProviderConfig | undefined;
    /** Of `kubernetesCRD`, `kubernetesIngress` and `kubernetesGateway` together: one cluster. */
    readonly kubernetes: KubernetesProviderConfig | undefined;
  };
  /** Of services that name none. Default: the usual limits, and verified certificates. */
  readonly serversTransport?: DefaultTransportConfig | undefined;
  readonly accessLog: AccessLogConfig | undefined;
  readonly log: LogConfig;
  /** Undefined: nothing is counted. */
  readonly metrics: MetricsConfig | undefined;
  /** `/ping` and `/ready`; undefined: they are not served. */
  readonly ping:
    | {
        /** Undefined: there is none that serves them. */
        readonly entryPoint: string | undefined;
        /** Of `/ping`, while the gateway shuts down. */
        readonly terminatingStatus: number;
      }
    | undefined;
  /** `POST /api/tokens/purge` on the `admin` entry point. */
  readonly actions: boolean;
  /** Processes that serve requests; `auto`: one of each processor that can be used. */
  readonly workers: number | 'auto';
}

/** How servers are connected to, unless a service says otherwise. */
export interface DefaultTransportConfig extends TransportLimits {
  readonly insecureSkipVerify: boolean;
  /** Empty: those of Node.js. */
  readonly rootCAs: readonly PemSource[];
}

/** The gateway's own log. */
export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'common';
  /** Undefined: standard error. */
  readonly file?: LogFileConfig | undefined;
}

/** A file of the log, and its rotation. */
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
  /** `host:port`, `:port` or `[v6]:port`; port 0 takes a free one. */
  readonly host: string | undefined;
  readonly port: number;
  readonly tls: TlsConfig | undefined;
  /** Serves the routes that name no entry point, of several that do. Default: false. */
  readonly asDefault?: boolean;
  /** Undefined: no PROXY header is read. */
  readonly proxyProtocol?: ProxyProtocolConfig | undefined;
  /** Of every route, before its own; qualified names. Default: none. */
  readonly middlewares?: readonly string[];
  /** Of every request. Default: none. */
  readonly redirection?: RedirectionConfig | undefined;
  /** What is recorded of requests. Default: everything. */
  readonly observability?: { readonly accessLogs: boolean; readonly metrics: boolean };
  /** CIDR ranges whose `X-Forwarded-*` are believed; default none, and this machine's for a forward-auth entry point. */
  readonly trustedIPs: readonly string[];
  readonly insecureForwardedHeaders: boolean;
  readonly transport: TransportConfig;
  /** What paths may have. */
  readonly encodedCharacters: EncodedCharacters;
  /** Decides for an external proxy, and serves no routes; undefined: it serves routes. */
  readonly externalAuth: ExternalAuthConfig | undefined;
}

/** Encoded characters that a path may have; Traefik's names, without `allowEncoded`. */
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

/** How an external proxy is answered. */
export interface ExternalAuthConfig {
  /** Forward-auth (Envoy's HTTP form too) or `ext_authz` over gRPC. */
  readonly kind: 'forwardAuth' | 'extAuthz';
  /** Header with the caller's Basic credentials. */
  readonly credentialsHeader: string;
  /** Header of the response with the user name. */
  readonly usernameHeader: string;
  /** Status of a refusal to the status that is sent. */
  readonly statusMap: ReadonlyMap<number, number>;
  /** Header that carries a refusal's body too; forward-auth alone. */
  readonly problemHeader: string | undefined;
  /** Decides where the proxy names none; `ext_authz` alone. */
  readonly middleware: string | undefined;
}

/** Peers whose PROXY header is believed. */
export interface ProxyProtocolConfig {
  /** Addresses and CIDR ranges. */
  readonly trustedIPs: readonly string[];
  /** Every peer. */
  readonly insecure: boolean;
}

/** Where an entry point sends its callers. */
export interface RedirectionConfig {
  /** Entry point, or `:port`. */
  readonly to: string;
  readonly scheme: string;
  readonly port: string;
  readonly permanent: boolean;
  /** Undefined: before every route. */
  readonly priority: number | undefined;
  /** Whether the paths of ACME challenges are left to routes. */
  readonly exceptAcme: boolean;
}

export interface TlsConfig {
  /** The first is the default for names that no certificate covers; empty: no handshake succeeds. */
  readonly certificates: readonly { readonly certFile: string; readonly keyFile: string }[];
  /** Qualified name of the TLS options for routers that name none; undefined: the default ones. */
  readonly options: string | undefined;
}

export interface TransportConfig {
  /** Whole request, head and body; 0: none. */
  readonly readTimeoutMs: number;
  /** Request head, and the TLS handshake before it. */
  readonly headerTimeoutMs: number;
  /** Without a byte that the caller takes of what is sent to it; 0: none. */
  readonly writeTimeoutMs: number;
  /** Between requests on one connection. */
  readonly idleTimeoutMs: number;
  /** How long requests in flight may take after SIGTERM. */
  readonly graceTimeoutMs: number;
  /** How long requests are still accepted after SIGTERM. Default: 0. */
  readonly acceptGraceTimeoutMs?: number;
  /** Requests of one connection; 0: no limit. Default: 0. */
  readonly maxRequests?: number;
  /** Since the first request of a connection, from when its next response is the last; 0: no limit. Default: 0. */
  readonly maxAgeMs?: number;
  /** Total size of the request head in bytes. */
  readonly maxHeaderBytes: number;
  /** Header lines of a request. */
  readonly maxHeaderFields: number;
  /** Size of the request body in bytes; 0: no limit. */
  readonly maxBodyBytes: number;
}

export interface FileProviderConfig {
  /** Files and directories, absolute. */
  readonly paths: readonly string[];
  readonly watch: boolean;
  /** References to the gateway's own environment and files that may be used; undefined: any. */
  readonly localReferences?: LocalReferences | undefined;
}

/** A cluster, and the kinds of routes that are read of it. */
export interface KubernetesProviderConfig {
  /** URL of the API server; undefined: that of the pod, or of the kubeconfig. */
  readonly endpoint: string | undefined;
  /** For `endpoint`: the token itself, or a reference to it. */
  readonly token: Secret | undefined;
  readonly certAuthFilePath: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Requests to the API server a second, on average, and at once. */
  readonly qps: number;
  readonly burst: number;
  /** More referenced Secrets of a namespace are read together, if a role allows it. */
  readonly secretsThreshold: number;
  /** Between two changes that take effect. */
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
  /** Otherwise no Ingress that names an IngressClass is served. */
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
  /** Lines that may wait for others; 0: as many as is usual. */
  readonly bufferedLines: number;
  /** Requests for the gateway itself. */
  readonly addInternals: boolean;
  /** Undefined: every request is logged. */
  readonly filters: AccessLogFilters | undefined;
  readonly fields: AccessLogFields;
}

/** A request is logged when one of them keeps it. */
export interface AccessLogFilters {
  /** Ends included. */
  readonly statuses: readonly { readonly from: number; readonly to: number }[];
  readonly retried: boolean;
  readonly longerThanMs: number | undefined;
}

/** What a line says. */
export interface AccessLogFields {
  /** Whether fields that `names` does not have are kept. */
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

/** What is counted for Prometheus, which reads it from an entry point. */
export interface MetricsConfig {
  /** Undefined: there is none that serves them. */
  readonly entryPoint?: string | undefined;
  /** Upper bounds of the histograms of durations, in seconds; they grow. */
  readonly buckets: readonly number[];
  /** Requests by entry point. */
  readonly byEntryPoint: boolean;
  /** Requests by router. */
  readonly byRouter: boolean;
  /** Requests by service, its servers and the connections to them. */
  readonly byService: boolean;
}

/** Where a gateway listens, by entry point; the port is the one in use when 0 was asked for. */
export type ListenAddresses = ReadonlyMap<
  string,
  { readonly host: string | undefined; readonly port: number }
>;
