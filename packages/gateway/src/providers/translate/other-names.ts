/** Names in a router or a route that change nothing about who may pass. */
export const ignoredRouterNames: Readonly<Record<string, string>> = Object.freeze({
  certResolver: 'certificates are not requested from an authority (ACME); those of the section tls are used',
  domains: 'certificates are not requested from an authority (ACME)',
  observability: 'the access log is set for the whole gateway',
});

/** Names in an IngressRoute that this version does not act on. */
export const unsupportedIngressRouteNames: readonly string[] = Object.freeze(['options', 'parentRefs']);

/** Names in a service that this version does not act on. */
export const unsupportedServiceNames: readonly string[] = Object.freeze([
  'strategy',
  'passiveHealthCheck',
  'middlewares',
  'mode',
  'unhealthyInterval',
  'followRedirects',
  'domain',
  'path',
  'sticky',
  'healthCheck',
  'nativeLB',
  'nodePortLB',
  'preservePath',
]);

/** Names in a service that are right as they are here. */
export const ignoredServiceNames: Readonly<Record<string, string>> = Object.freeze({
  responseForwarding: 'responses are streamed as they come',
});

/** All of them, wherever in an IngressRoute they stand. */
export const otherIngressRouteNames: readonly string[] = Object.freeze([
  ...new Set([
    ...Object.keys({ ...ignoredRouterNames, ...ignoredServiceNames }),
    ...unsupportedIngressRouteNames,
    ...unsupportedServiceNames,
    'secretName',
    'serversTransport',
    'store',
  ]),
]);
