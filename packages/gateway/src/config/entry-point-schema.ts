import { z } from 'zod';
import { duration } from '@grantgate/middleware/options/duration';
import { http2Schema } from './http2-config.ts';
import { isAddressRange, isUdpAddress, parseAddress, type HostPort } from './address.ts';

const bytes = z.int().min(0);

/** Address of a UDP entry point of Traefik, which is not served. */
export const udp = 'udp';

const address = z.string().transform((text, context): HostPort | typeof udp => {
  const parsed = isUdpAddress(text) ? udp : parseAddress(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'expected host:port, :port or [IPv6 address]:port' });
  return z.NEVER;
});

const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, {
  error: 'expected a header name (RFC 9110 section 5.1)',
});
const externalAuth = {
  credentialsHeader: headerName
    .default('Authorization')
    .describe(
      "Header with the caller's Basic credentials. If it is not `Authorization`, the response sets it to an empty value.",
    ),
  usernameHeader: headerName
    .default('X-Auth-Request-User')
    .describe('Header of the response with the value of `usernameClaim`; may be empty.'),
  statusMap: z
    .record(
      z.string().regex(/^[45]\d\d$/, { error: 'expected a status from 400 to 599' }),
      z.int().min(400).max(599),
    )
    .default({})
    .describe('Status of a refusal -> status to send instead, for a proxy that would distort it.'),
};

const forwardAuth = z.strictObject({
  ...externalAuth,
  problemHeader: headerName
    .optional()
    .describe(
      'Header that also carries the body of a refusal, for nginx, which drops bodies. Default: none.',
    ),
});

const extAuthz = z.strictObject({
  ...externalAuth,
  middleware: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Middleware for checks without `context_extensions.middleware`. Default: none; such checks are refused with 404.',
    ),
});

const encodedCharacters = z.strictObject({
  allowEncodedSlash: z.boolean().default(false).describe('`%2F`: many servers read it as `/`.'),
  allowEncodedBackSlash: z.boolean().default(false).describe('`%5C`: some servers read it as `/`.'),
  allowEncodedNullCharacter: z.boolean().default(false).describe('`%00`: some servers end the path there.'),
  allowEncodedSemicolon: z
    .boolean()
    .default(true)
    .describe('`%3B`: some servers read parameters of a segment after it.'),
  allowEncodedPercent: z
    .boolean()
    .default(true)
    .describe('`%25`: a server that decodes twice reads `%252F` as `/`.'),
  allowEncodedQuestionMark: z.boolean().default(true).describe('`%3F`: some servers read a query after it.'),
  allowEncodedHash: z.boolean().default(true).describe('`%23`: some servers read a fragment after it.'),
});

const addressRanges = z.array(
  z.string().refine(isAddressRange, { error: 'expected an IP address or a CIDR range' }),
);

const proxyProtocol = z
  .strictObject({
    trustedIPs: addressRanges
      .default([])
      .describe(
        'Peers whose PROXY header is accepted: addresses and CIDR ranges. Headers of other peers are dropped.',
      ),
    insecure: z.boolean().default(false).describe('Accepts a PROXY header from every peer.'),
  })
  .refine(({ trustedIPs, insecure }) => insecure || trustedIPs.length > 0, {
    error: 'expected trustedIPs or insecure',
  });

const redirections = z.strictObject({
  entryPoint: z
    .strictObject({
      to: z.string().min(1).describe('Entry point to whose port callers are redirected, or `:port`.'),
      scheme: z.string().min(1).default('https').describe('Scheme to redirect to.'),
      permanent: z
        .boolean()
        .default(true)
        .describe('Uses 301, or 308 for methods other than `GET`; otherwise 302 or 307.'),
      priority: z
        .int()
        .optional()
        .describe('Priority among the routes of the entry point. Default: before all of them.'),
    })
    .optional()
    .describe('Redirects every request of the entry point.'),
});

const routerTls = z.strictObject({
  options: z.string().min(1).optional().describe('Same as `tls.options`, which takes precedence.'),
  certResolver: z.string().optional().describe('Not served: certificates are read from files.'),
  domains: z
    .array(
      z.strictObject({
        main: z.string().optional().describe('Not served.'),
        sans: z.array(z.string()).optional().describe('Not served.'),
      }),
    )
    .optional()
    .describe('Not served: certificates are read from files.'),
});

/** A listener, as written. */
export const entryPointSchema = z
  .strictObject({
    address: address.describe('`host:port`, `:port` or `[IPv6]:port`; port 0 chooses a free port.'),
    asDefault: z
      .boolean()
      .default(false)
      .describe(
        'Serves the routes that name no entry point. If no entry point has it, every one but `admin` and `traefik` does.',
      ),
    allowACMEByPass: z
      .boolean()
      .default(false)
      .describe(
        'Excludes the paths of ACME challenges from `http.redirections`, so that your own route can serve them.',
      ),
    proxyProtocol: proxyProtocol
      .optional()
      .describe(
        'Accepts the PROXY protocol, versions 1 and 2, before TLS and HTTP. The address in its header is used as that of the caller.',
      ),
    observability: z
      .strictObject({
        accessLogs: z.boolean().default(true).describe('Logs the requests of the entry point.'),
        metrics: z.boolean().default(true).describe('Counts the requests of the entry point.'),
        tracing: z.boolean().default(true).describe('Traces the requests of the entry point.'),
      })
      .prefault({})
      .describe('Logs, metrics and traces of the requests of the entry point.'),
    tls: z
      .strictObject({
        certificates: z
          .array(
            z.strictObject({
              certFile: z.string().min(1).describe('PEM certificate, with its chain.'),
              keyFile: z.string().min(1).describe('Unencrypted PEM private key.'),
            }),
          )
          .default([])
          .describe(
            'PEM files, chosen by SNI, in addition to those of the routes. The first is the default certificate; without any, the default is that of the routes, or a self-signed one. Paths are relative to the configuration file.',
          ),
        options: z
          .string()
          .min(1)
          .optional()
          .describe(
            'TLS options of the routes, with provider (`strict@file`), for routers that name none. Default: `default`.',
          ),
      })
      .optional()
      .describe('Enables TLS.'),
    forwardedHeaders: z
      .strictObject({
        trustedIPs: addressRanges
          .optional()
          .describe(
            'Peers whose `X-Forwarded-*` are accepted: addresses and CIDR ranges. Default: none; with `forwardAuth`, this machine.',
          ),
        insecure: z.boolean().default(false).describe('Accepts `X-Forwarded-*` from every peer.'),
      })
      .prefault({})
      .describe('Peers whose `X-Forwarded-*` and `X-Real-Ip` are accepted; those of others are replaced.'),
    transport: z
      .strictObject({
        respondingTimeouts: z
          .strictObject({
            readTimeout: duration
              .prefault('60s')
              .describe('Time limit for a whole request, head and body; 0: no limit.'),
            headerTimeout: duration
              .prefault('10s')
              .describe('Time limit for the TLS handshake, and for the head of a request.'),
            writeTimeout: duration
              .prefault('60s')
              .describe(
                'Time in which a caller must read some part of a response or a WebSocket; 0: no limit. It does not affect callers that read slowly.',
              ),
            idleTimeout: duration
              .prefault('180s')
              .describe('Time limit between two requests on one connection.'),
          })
          .prefault({})
          .describe('Time limits for connections of callers.'),
        lifeCycle: z
          .strictObject({
            graceTimeOut: duration
              .prefault('10s')
              .describe('Time for requests in flight after SIGTERM or SIGINT.'),
            requestAcceptGraceTimeout: duration
              .prefault('0s')
              .describe(
                'Time after SIGTERM or SIGINT in which requests are still accepted, so that a load balancer in front can stop sending them; `/ping` responds with its `terminatingStatusCode`.',
              ),
          })
          .prefault({})
          .describe('Shutdown of the entry point.'),
        keepAliveMaxRequests: z
          .int()
          .min(0)
          .default(0)
          .describe('Number of requests after which a connection is closed; 0: no limit.'),
        keepAliveMaxTime: duration
          .prefault('0s')
          .describe(
            'Age of a connection, counted from its first request, after which the next response closes it; 0: no limit.',
          ),
      })
      .prefault({})
      .describe('Connections of callers.'),
    http2: http2Schema
      .prefault({})
      .describe(
        'Connections with HTTP/2. TLS connections choose it by ALPN, see `alpnProtocols` of the TLS options.',
      ),
    forwardAuth: forwardAuth
      .optional()
      .describe(
        'The entry point serves authorization checks at `/forward-auth/MIDDLEWARE`, and no routes. An entry point named `forwardAuth` has this option by default.',
      ),
    extAuthz: extAuthz
      .optional()
      .describe(
        "The entry point serves Envoy's `ext_authz` over gRPC, and no routes; requires the package `@grpc/grpc-js`. An entry point named `extAuthz` has this option by default.",
      ),
    http: z
      .strictObject({
        maxHeaderBytes: bytes
          .min(1)
          .default(16_384)
          .describe('Maximum size of the head of a request, in bytes.'),
        maxHeaderFields: z
          .int()
          .min(1)
          .default(100)
          .describe(
            'Maximum number of header lines of a request; more are refused with 431. The gateway writes its own lines first, because servers may read only a limited number.',
          ),
        maxBodyBytes: bytes
          .default(0)
          .describe('Maximum size of the body of a request, in bytes; 0: no limit.'),
        encodedCharacters: encodedCharacters
          .prefault({})
          .describe(
            'Encoded characters that are allowed in the path of a request; others are refused with 400.',
          ),
        middlewares: z
          .array(z.string().min(1))
          .default([])
          .describe(
            'Middlewares of every route of the entry point, before its own: `name@file`, `namespace-name@kubernetescrd`.',
          ),
        redirections: redirections
          .optional()
          .describe('Redirection of every request of the entry point, as with `redirectScheme`.'),
        tls: routerTls
          .optional()
          .describe(
            'Enables TLS for every route of the entry point; `tls.certificates` has its certificates.',
          ),
      })
      .prefault({})
      .describe('Limits of requests, and settings for all routes of the entry point.'),
  })
  .refine(({ forwardAuth: http, extAuthz: grpc }) => http === undefined || grpc === undefined, {
    error: 'expected either forwardAuth or extAuthz, not both',
  });

/** Defaults of an entry point for external authorization. */
export const externalAuthDefaults = {
  forwardAuth: forwardAuth.parse({}),
  extAuthz: extAuthz.parse({}),
} as const;
