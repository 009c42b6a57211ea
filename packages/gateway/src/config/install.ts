/** The install configuration, `grantgate.yaml`, parsed, defaulted and frozen. Names are Traefik's. */
export interface InstallConfig {
  readonly entryPoints: ReadonlyMap<string, EntryPointConfig>;
  readonly providers: { readonly file: FileProviderConfig | undefined };
  readonly accessLog: AccessLogConfig | undefined;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'json' | 'common' };
  /** `/ping` on the `admin` entry point. */
  readonly ping: boolean;
}

export interface EntryPointConfig {
  readonly name: string;
  /** `host:port`, `:port` or `[v6]:port`; port 0 takes a free one. */
  readonly host: string | undefined;
  readonly port: number;
  readonly tls: TlsConfig | undefined;
  /** CIDR ranges whose `X-Forwarded-*` are believed; default none. */
  readonly trustedIPs: readonly string[];
  readonly insecureForwardedHeaders: boolean;
  readonly transport: TransportConfig;
}

export interface TlsConfig {
  /** The first is the default for names that no certificate covers. */
  readonly certificates: readonly { readonly certFile: string; readonly keyFile: string }[];
}

export interface TransportConfig {
  /** Whole request, head and body; 0: none. */
  readonly readTimeoutMs: number;
  /** Request head. */
  readonly headerTimeoutMs: number;
  /** Between requests on one connection. */
  readonly idleTimeoutMs: number;
  /** How long requests in flight may take after SIGTERM. */
  readonly graceTimeoutMs: number;
  /** Total size of the request head in bytes. */
  readonly maxHeaderBytes: number;
  /** Size of the request body in bytes; 0: no limit. */
  readonly maxBodyBytes: number;
}

export interface FileProviderConfig {
  /** Files and directories, absolute. */
  readonly paths: readonly string[];
  readonly watch: boolean;
}

export interface AccessLogConfig {
  readonly format: 'json' | 'common';
  /** Undefined: standard output. */
  readonly filePath: string | undefined;
}
