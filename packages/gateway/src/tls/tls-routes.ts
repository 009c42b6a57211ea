/** What the routers of one entry point say of its TLS connections. */
export interface TlsRoutes {
  /** Names of options by host, as `ListenerTls` has them. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Names of the options that routers require, by name of the router; those with the default ones are left out. */
  readonly required: ReadonlyMap<string, string>;
  /** Whether a router wants TLS though its entry point does not say so. */
  readonly hasRouters: boolean;
}
