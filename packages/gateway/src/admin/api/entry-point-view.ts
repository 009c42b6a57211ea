import { formatAddress } from '../../config/address.ts';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import { toDuration } from './service-view.ts';
import type { EntryPointView } from './shapes.ts';

/** An entry point in Traefik's names. @param connections number of open ones; undefined: unknown. */
export function toEntryPointView(config: EntryPointConfig, connections: number | undefined): EntryPointView {
  const { name, host, port, transport, tls, redirection, externalAuth, proxyProtocol } = config;
  return {
    name,
    address: formatAddress({ host, port }),
    protocol: 'http',
    ...(connections !== undefined && { connections }),
    ...(config.asDefault && { asDefault: true }),
    transport: {
      lifeCycle: {
        graceTimeOut: toDuration(transport.graceTimeoutMs),
        requestAcceptGraceTimeout: toDuration(transport.acceptGraceTimeoutMs),
      },
      respondingTimeouts: {
        readTimeout: toDuration(transport.readTimeoutMs),
        headerTimeout: toDuration(transport.headerTimeoutMs),
        writeTimeout: toDuration(transport.writeTimeoutMs),
        idleTimeout: toDuration(transport.idleTimeoutMs),
      },
      keepAliveMaxRequests: transport.maxRequests,
      keepAliveMaxTime: toDuration(transport.maxAgeMs),
    },
    forwardedHeaders: { insecure: config.insecureForwardedHeaders, trustedIPs: config.trustedIPs },
    ...(proxyProtocol !== undefined && { proxyProtocol }),
    ...(tls !== undefined && {
      tls: { options: tls.options, certificates: tls.certificates.map(({ certFile }) => certFile) },
    }),
    ...(externalAuth !== undefined && {
      [externalAuth.kind]: {
        credentialsHeader: externalAuth.credentialsHeader,
        usernameHeader: externalAuth.usernameHeader,
        middleware: externalAuth.middleware,
      },
    }),
    http2: config.http2,
    http: {
      middlewares: config.middlewares,
      maxHeaderBytes: transport.maxHeaderBytes,
      maxHeaderFields: transport.maxHeaderFields,
      maxBodyBytes: transport.maxBodyBytes,
      encodedCharacters: config.encodedCharacters,
      ...(redirection !== undefined && {
        redirections: {
          entryPoint: { to: redirection.to, scheme: redirection.scheme, permanent: redirection.permanent },
        },
      }),
    },
  };
}
