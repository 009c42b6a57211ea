import { z } from 'zod';
import { duration } from '@grantgate/middleware/options/duration';
import { isAddressRange, parseAddress } from './address.ts';

const bytes = z.int().min(0);

const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
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
    .describe("Header with the caller's Basic credentials; the answer blanks it when it is another one."),
  usernameHeader: headerName
    .default('X-Auth-Request-User')
    .describe('Header of the answer with the value of `usernameClaim`, empty without one.'),
  statusMap: z
    .record(
      z.string().regex(/^[45]\d\d$/, { error: 'expected a status from 400 to 599' }),
      z.int().min(400).max(599),
    )
    .default({})
    .describe('Status of a refusal -> status that is sent in its place, for a proxy that would distort it.'),
};

const forwardAuth = z.strictObject({
  ...externalAuth,
  problemHeader: headerName
    .optional()
    .describe("Header that carries a refusal's body too, for nginx, which drops bodies. Default: none."),
});

const extAuthz = z.strictObject({
  ...externalAuth,
  middleware: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Middleware that decides where `context_extensions.middleware` names none. Default: none, 404.',
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

/** A listener as a user writes it. */
export const entryPointSchema = z
  .strictObject({
    address: address.describe('`host:port`, `:port` or `[IPv6]:port`; port 0 takes a free one.'),
    tls: z
      .strictObject({
        certificates: z
          .array(
            z.strictObject({
              certFile: z.string().min(1).describe('PEM certificate, with its chain.'),
              keyFile: z.string().min(1).describe('PEM private key, not encrypted. The file holds a secret.'),
            }),
          )
          .min(1)
          .describe(
            'PEM files, chosen by SNI; the first is the default. Paths are relative to the configuration file.',
          ),
      })
      .optional()
      .describe('With it, the entry point speaks TLS.'),
    forwardedHeaders: z
      .strictObject({
        trustedIPs: z
          .array(z.string().refine(isAddressRange, { error: 'expected an IP address or a CIDR range' }))
          .optional()
          .describe(
            'Peers whose `X-Forwarded-*` are believed: addresses and CIDR ranges. Default: none; with `forwardAuth`, this machine.',
          ),
        insecure: z.boolean().default(false).describe('Believes the `X-Forwarded-*` of every peer.'),
      })
      .prefault({})
      .describe('Whose `X-Forwarded-*` and `X-Real-Ip` are believed; those of others are replaced.'),
    transport: z
      .strictObject({
        respondingTimeouts: z
          .strictObject({
            readTimeout: duration
              .prefault('60s')
              .describe('For a whole request, head and body; 0: no limit.'),
            headerTimeout: duration
              .prefault('10s')
              .describe('For the head of a request, and before it for the TLS handshake.'),
            writeTimeout: duration
              .prefault('60s')
              .describe(
                'For a caller to take any further part of what is sent to it, WebSocket included; 0: no limit. One that reads slowly is not cut off.',
              ),
            idleTimeout: duration.prefault('180s').describe('Between two requests on one connection.'),
          })
          .prefault({})
          .describe('Time limits towards callers.'),
        lifeCycle: z
          .strictObject({
            graceTimeOut: duration
              .prefault('10s')
              .describe('How long requests in flight may take after SIGTERM or SIGINT.'),
          })
          .prefault({})
          .describe('How the entry point ends.'),
      })
      .prefault({})
      .describe('Connections of callers.'),
    forwardAuth: forwardAuth
      .optional()
      .describe(
        'With it, the entry point serves no routes: it answers `/forward-auth/MIDDLEWARE` for a proxy beside. The entry point named `forwardAuth` does so by its name.',
      ),
    extAuthz: extAuthz
      .optional()
      .describe(
        "With it, the entry point serves no routes: it speaks Envoy's `ext_authz` over gRPC and needs the package `@grpc/grpc-js`. The entry point named `extAuthz` does so by its name.",
      ),
    http: z
      .strictObject({
        maxHeaderBytes: bytes.min(1).default(16_384).describe('Size of the head of a request, in bytes.'),
        maxHeaderFields: z
          .int()
          .min(1)
          .default(100)
          .describe(
            'Header lines that a request may have; one with more is refused with 431. Servers that read a limited number of lines read those that the gateway writes first.',
          ),
        maxBodyBytes: bytes.default(0).describe('Size of the body of a request, in bytes; 0: no limit.'),
        encodedCharacters: encodedCharacters
          .prefault({})
          .describe(
            'Encoded characters that the path of a request may have; another one is refused with 400.',
          ),
      })
      .prefault({})
      .describe('Limits of requests.'),
  })
  .refine(({ forwardAuth: http, extAuthz: grpc }) => http === undefined || grpc === undefined, {
    error: 'expected either forwardAuth or extAuthz, not both',
  });

/** Every default of an entry point that decides for a proxy. */
export const externalAuthDefaults = {
  forwardAuth: forwardAuth.parse({}),
  extAuthz: extAuthz.parse({}),
} as const;
