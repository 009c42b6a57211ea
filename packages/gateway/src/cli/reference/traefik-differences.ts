/** Options of Traefik that are served differently here, with the difference. */
export const differences: Readonly<Record<string, string>> = {
  'http.routers.NAME.priority':
    'Routers of equal priority are ordered by name; in Traefik, their order is random.',
  'http.routers.NAME.rule':
    'Line breaks are allowed anywhere. The regular expressions of all rules may take half a million steps per request; beyond that, 400.',
  'http.routers.NAME.ruleSyntax': 'Only the syntax of Traefik 3 is supported.',
  'http.routers.NAME.service':
    '`noop@internal` refuses requests with 503; the other services of `@internal` are not served.',
  'http.routers.NAME.middlewares': 'A router with a middleware that is not served refuses requests with 503.',
  'http.services.NAME.loadBalancer.servers[].url':
    'As in Traefik, its path is ignored without `preservePath`, but with a warning.',
  'http.services.NAME.weighted.healthCheck':
    'A service without a healthy server gets no requests in any case.',
  'http.services.NAME.highestRandomWeight.healthCheck':
    'A service without a healthy server gets no requests in any case.',
  'http.services.NAME.failover.healthCheck':
    'A service without a healthy server gets no requests in any case.',
  'http.services.NAME.loadBalancer.passiveHealthCheck':
    'With `healthCheck`, a server gets requests again after `failureWindow`, too.',
  'http.services.NAME.loadBalancer.strategy':
    '`p2c` and `leasttime` count the requests in flight to the origin of a server, of all services of the process.',
  'serversTransport.maxIdleConnsPerHost': 'By default, as many as were in use at once.',
  'serversTransport.forwardingTimeouts':
    'By default, `responseHeaderTimeout` is 5 minutes and `idleConnTimeout` 4 seconds.',
  'providers.kubernetesCRD.defaultTLSResourcesNamespace':
    'Of two TLSOptions called `default`, neither is used, and connections that need it are refused.',
  'http.middlewares.NAME.buffering.retryExpression':
    'Requests without a body are repeated, too; later middlewares do not run again; a body above 64 KiB that is in a file is sent once.',
  'http.middlewares.NAME.compress':
    'Responses with `no-transform`, partial content and event streams are not changed.',
  'http.middlewares.NAME.headers.customRequestHeaders':
    'Headers that frame the message or belong to the connection are ignored, with a warning.',
  'entryPoints.NAME.transport.respondingTimeouts.writeTimeout':
    '60 s by default. Limits the time in which a caller reads nothing, also of a WebSocket.',
  'entryPoints.NAME.forwardedHeaders':
    '`Forwarded` is accepted from trusted peers only, like `X-Forwarded-*`.',
  'entryPoints.NAME.http.encodedCharacters': '`%2F`, `%5C` and `%00` are refused by default.',
};

const httpOnly = 'Only HTTP is served.';
const tokensOnly = 'grantgate authenticates callers with tokens.';
const removedIn3 = 'Removed from Traefik 3 or without effect there.';

/** Reasons why branches of Traefik's options are not served; the reason of the nearest ancestor applies. */
export const notServed: Readonly<Record<string, string>> = {
  tcp: httpOnly,
  udp: httpOnly,
  'http.models': 'Written by Traefik itself.',
  'http.middlewares.NAME.digestAuth': tokensOnly,
  'http.middlewares.NAME.grpcWeb': 'Callers use gRPC itself.',
  'http.middlewares.NAME.headers': removedIn3,
  'http.middlewares.NAME.stripPrefix.forceSlash': removedIn3,
  'http.routers.NAME.observability': 'Every request is logged and counted.',
  'http.routers.NAME.parentRefs': 'Routers have no parents.',
  'http.routers.NAME.tls.certResolver': 'grantgate requests no certificates; they are read from files.',
  'http.routers.NAME.tls.domains': 'grantgate requests no certificates; they are read from files.',
  'http.serversTransports.NAME.spiffe': 'SPIFFE identities are not available.',
  'http.services.NAME.failover.errors': 'Use the middleware `errors` or `retry`.',
  'http.services.NAME.mirroring': 'Requests go to one server: mirror them in a proxy behind grantgate.',
  'http.services.NAME.middlewares': 'List the middlewares in the router.',
  'http.services.NAME.loadBalancer.responseForwarding': 'Responses are streamed as they arrive.',
  'http.middlewares.NAME.forwardAuth.tls.caOptional': removedIn3,
  'providers.kubernetesCRD.crossProviderNamespaces': 'Not implemented; the option is refused.',
  'providers.kubernetesGateway.crossProviderNamespaces': 'Not implemented; the option is refused.',
  'providers.kubernetesIngress.crossProviderNamespaces': 'Not implemented; the option is refused.',
  'tls.options.NAME.preferServerCipherSuites': removedIn3,
  'tls.stores.NAME.defaultGeneratedCert': 'grantgate requests no certificates; they are read from files.',
};
