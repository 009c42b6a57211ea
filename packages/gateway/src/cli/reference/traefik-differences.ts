/** Options of Traefik that are served but do something else here, with what they do. */
export const differences: Readonly<Record<string, string>> = {
  'http.routers.NAME.priority':
    'Routers of equal priority are ordered by name; in Traefik, their order is random.',
  'http.routers.NAME.rule':
    'Line ends mean nothing. The regular expressions of all rules may take half a million steps per request; beyond that, 400.',
  'http.routers.NAME.ruleSyntax': 'Only the syntax of version 3.',
  'http.routers.NAME.middlewares': 'A router with a middleware that is not served refuses requests with 503.',
  'http.services.NAME.loadBalancer.servers[].url':
    'As in Traefik, a path in it is ignored without `preservePath`; here with a warning.',
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
  'http.middlewares.NAME.compress': '`no-transform`, partial content and event streams are left as they are.',
  'http.middlewares.NAME.headers.customRequestHeaders':
    'Headers that frame the message or belong to the connection are ignored, with a warning.',
  'entryPoints.NAME.transport.respondingTimeouts.writeTimeout':
    '60 s by default: the time in which a caller may read nothing, also of a WebSocket.',
  'entryPoints.NAME.forwardedHeaders': '`Forwarded` counts from trusted peers only, as `X-Forwarded-*` does.',
  'entryPoints.NAME.http.encodedCharacters': '`%2F`, `%5C` and `%00` are refused by default.',
};

const httpOnly = 'Only HTTP is served.';
const tokensOnly = 'Authentication by tokens is what grantgate is for.';
const removedIn3 = 'Removed from Traefik 3 or without effect there.';
const http1Only = 'Servers are spoken to in HTTP/1.1.';

/** Why branches of Traefik's options are not served; the reason of the nearest ancestor counts. */
export const notServed: Readonly<Record<string, string>> = {
  tcp: httpOnly,
  udp: httpOnly,
  'http.models': 'Written by Traefik itself.',
  'http.middlewares.NAME.digestAuth': tokensOnly,
  'http.middlewares.NAME.grpcWeb': 'gRPC needs HTTP/2.',
  'http.middlewares.NAME.ipWhiteList': `${removedIn3} Use \`ipAllowList\`.`,
  'http.middlewares.NAME.headers': removedIn3,
  'http.middlewares.NAME.stripPrefix.forceSlash': removedIn3,
  'http.middlewares.NAME.errors.errorRequestHeaders':
    "The page's service gets the caller's headers without credentials and conditions.",
  'http.middlewares.NAME.buffering.retryExpression': 'Use the middleware `retry`.',
  'http.routers.NAME.observability': 'Every request is logged and counted.',
  'http.routers.NAME.parentRefs': 'Routers have no parents.',
  'http.routers.NAME.tls.certResolver': 'grantgate requests no certificates; they are read from files.',
  'http.routers.NAME.tls.domains': 'grantgate requests no certificates; they are read from files.',
  'http.serversTransports.NAME.disableHTTP2': http1Only,
  'http.serversTransports.NAME.forwardingTimeouts.pingTimeout': http1Only,
  'http.serversTransports.NAME.forwardingTimeouts.readIdleTimeout': http1Only,
  'http.serversTransports.NAME.cipherSuites': "Node.js's defaults, from TLS 1.2.",
  'http.serversTransports.NAME.minVersion': "Node.js's defaults, from TLS 1.2.",
  'http.serversTransports.NAME.maxVersion': "Node.js's defaults, from TLS 1.2.",
  'http.serversTransports.NAME.spiffe': 'SPIFFE identities are not available.',
  'http.services.NAME.failover.errors': 'Use the middleware `errors` or `retry`.',
  'http.services.NAME.mirroring': 'Requests go to one server: mirror them in a proxy behind grantgate.',
  'http.services.NAME.middlewares': 'List the middlewares in the router.',
  'http.services.NAME.loadBalancer.healthCheck.mode': 'gRPC needs HTTP/2.',
  'http.services.NAME.loadBalancer.responseForwarding': 'Responses are passed on as they come.',
  'http.middlewares.NAME.forwardAuth.tls.caOptional': removedIn3,
  'providers.kubernetesCRD.crossProviderNamespaces': 'Not built; the option is refused.',
  'providers.kubernetesGateway.crossProviderNamespaces': 'Not built; the option is refused.',
  'providers.kubernetesIngress.crossProviderNamespaces': 'Not built; the option is refused.',
  'tls.options.NAME.preferServerCipherSuites': removedIn3,
  'tls.stores.NAME.defaultGeneratedCert': 'grantgate requests no certificates; they are read from files.',
};
