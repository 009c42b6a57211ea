import { z } from 'zod';

const value = z
  .union([z.string(), z.number(), z.boolean(), z.null()], { error: 'expected text' })
  .transform((written) => (written === null ? '' : String(written)))
  .refine((text) => !/[\r\n\0]/.test(text), { error: 'expected text without line breaks' });
const name = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'expected the name of a header (RFC 9110 section 5.1)' });
const names = z.array(name).default([]);
const flag = z.boolean().default(false);
const text = z
  .string()
  .default('')
  .refine((written) => !/[\r\n\0]/.test(written), { error: 'expected text without line breaks' });

/** Traefik's `headers`, with its names and defaults. */
export const headersSchema = z.strictObject({
  customRequestHeaders: z
    .record(name, value)
    .default({})
    .describe(
      'Headers of requests, by name; an empty value removes one. `Host` changes what the server gets as its host.',
    ),
  customResponseHeaders: z
    .record(name, value)
    .default({})
    .describe('Headers of responses, by name; an empty value removes one.'),
  accessControlAllowCredentials: flag.describe('Whether browsers may send credentials (CORS).'),
  accessControlAllowHeaders: z
    .array(z.string())
    .default([])
    .describe('Headers of requests that browsers may send, or `*`.'),
  accessControlAllowMethods: z
    .array(z.string())
    .default([])
    .describe('Methods that browsers may use, or `*`.'),
  accessControlAllowOriginList: z
    .array(z.string())
    .default([])
    .describe('Origins whose pages may read responses, or `*`.'),
  accessControlAllowOriginListRegex: z
    .array(z.string())
    .default([])
    .describe("The same as regular expressions in Go's syntax; anchor them with `^` and `$`."),
  accessControlExposeHeaders: names.describe('Headers of responses that pages may read.'),
  accessControlMaxAge: z
    .int()
    .default(0)
    .describe('Seconds for which browsers remember the response to a preflight request.'),
  addVaryHeader: flag.describe('Adds `Origin` to `Vary`, because responses differ by it.'),
  allowedHosts: z
    .array(z.string())
    .default([])
    .describe('Values of `Host` that are served; others are refused with `host_not_allowed`. Default: any.'),
  hostsProxyHeaders: names.describe(
    'Headers in which a proxy in front says the host; the first that is there counts.',
  ),
  sslProxyHeaders: z
    .record(name, value)
    .default({})
    .describe('Headers, with their values, by which a proxy in front says that the caller uses TLS.'),
  stsSeconds: z
    .int()
    .min(0)
    .default(0)
    .describe('`max-age` of `Strict-Transport-Security`, on TLS alone; 0: the header is not sent.'),
  stsIncludeSubdomains: flag.describe('Adds `includeSubDomains` to it.'),
  stsPreload: flag.describe('Adds `preload` to it.'),
  forceSTSHeader: flag.describe('Sends it without TLS too.'),
  frameDeny: flag.describe('Sends `X-Frame-Options: DENY`.'),
  customFrameOptionsValue: text.describe('Value of `X-Frame-Options`; wins over `frameDeny`.'),
  contentTypeNosniff: flag.describe('Sends `X-Content-Type-Options: nosniff`.'),
  browserXssFilter: flag.describe('Sends `X-XSS-Protection: 1; mode=block`.'),
  customBrowserXSSValue: text.describe('Value of `X-XSS-Protection`; wins over `browserXssFilter`.'),
  contentSecurityPolicy: text.describe(
    'Value of `Content-Security-Policy`; `$NONCE` becomes a new nonce for each response.',
  ),
  contentSecurityPolicyReportOnly: text.describe(
    'Value of `Content-Security-Policy-Report-Only`; `$NONCE` as above.',
  ),
  publicKey: text.describe('Value of `Public-Key-Pins`, on TLS alone; browsers have given it up.'),
  referrerPolicy: text.describe('Value of `Referrer-Policy`.'),
  permissionsPolicy: text.describe('Value of `Permissions-Policy`.'),
  isDevelopment: flag.describe('Switches `allowedHosts`, `stsSeconds` and `publicKey` off.'),
});

export type HeadersOptions = z.output<typeof headersSchema>;

const superseded = 'Traefik 3 ignores it too';

/** Names that Traefik still knows, and that do nothing there either. */
export const ignoredHeadersNames: Readonly<Record<string, string>> = Object.freeze({
  accessControlAllowOrigin: `${superseded}: use accessControlAllowOriginList`,
  featurePolicy: `${superseded}: use permissionsPolicy`,
  sslRedirect: `${superseded}: use redirectScheme`,
  sslTemporaryRedirect: `${superseded}: use redirectScheme`,
  sslHost: `${superseded}: use redirectRegex`,
  sslForceHost: `${superseded}: use redirectRegex`,
});
