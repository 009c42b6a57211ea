import { z } from 'zod';
import { toHeaderBytes } from '../../http1/message/header-list.ts';

/** The value of a header as written. */
const toValue = (schema: z.ZodType<string, string>): z.ZodType<string, string> =>
  schema
    .refine((text) => !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text), {
      error: 'expected text without line breaks and control characters',
    })
    .transform(toHeaderBytes);
const value = z
  .union([z.string(), z.number(), z.boolean(), z.null()], { error: 'expected text' })
  .transform((written) => (written === null ? '' : String(written)))
  .pipe(toValue(z.string()));
const values = z.array(toValue(z.string())).default([]);
const name = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'expected the name of a header (RFC 9110 section 5.1)' });
const names = z.array(name).default([]);
const flag = z.boolean().default(false);
const text = toValue(z.string()).default('');

/** Traefik's `headers`, with its names and defaults. */
export const headersSchema = z.strictObject({
  customRequestHeaders: z
    .record(name, value)
    .default({})
    .describe(
      'Request headers by name; an empty value removes the header. `Host` changes the host that the server receives.',
    ),
  customResponseHeaders: z
    .record(name, value)
    .default({})
    .describe('Response headers by name; an empty value removes the header.'),
  accessControlAllowCredentials: flag.describe('Whether browsers may send credentials (CORS).'),
  accessControlAllowHeaders: values.describe('Request headers that browsers may send, or `*`.'),
  accessControlAllowMethods: values.describe('Methods that browsers may use, or `*`.'),
  accessControlAllowOriginList: values.describe('Origins whose pages may read responses, or `*`.'),
  accessControlAllowOriginListRegex: z
    .array(z.string())
    .default([])
    .describe("The same as regular expressions in Go's syntax; anchor them with `^` and `$`."),
  accessControlExposeHeaders: names.describe('Response headers that pages may read.'),
  accessControlMaxAge: z
    .int()
    .default(0)
    .describe('Seconds for which browsers remember the response to a preflight request.'),
  addVaryHeader: flag.describe('Adds `Origin` to `Vary`, because responses depend on it.'),
  allowedHosts: z
    .array(z.string())
    .default([])
    .describe('Accepted values of `Host`; others are refused with `host_not_allowed`. Default: any.'),
  hostsProxyHeaders: names.describe(
    'Headers in which a proxy in front sends the host; the first present header is used.',
  ),
  sslProxyHeaders: z
    .record(name, value)
    .default({})
    .describe('Headers and values with which a proxy in front reports that the caller uses TLS.'),
  stsSeconds: z
    .int()
    .min(0)
    .default(0)
    .describe('`max-age` of `Strict-Transport-Security`, sent over TLS only; 0: not sent.'),
  stsIncludeSubdomains: flag.describe('Adds `includeSubDomains` to `Strict-Transport-Security`.'),
  stsPreload: flag.describe('Adds `preload` to `Strict-Transport-Security`.'),
  forceSTSHeader: flag.describe('Sends `Strict-Transport-Security` without TLS too.'),
  frameDeny: flag.describe('Sends `X-Frame-Options: DENY`.'),
  customFrameOptionsValue: text.describe('Value of `X-Frame-Options`; takes precedence over `frameDeny`.'),
  contentTypeNosniff: flag.describe('Sends `X-Content-Type-Options: nosniff`.'),
  browserXssFilter: flag.describe('Sends `X-XSS-Protection: 1; mode=block`.'),
  customBrowserXSSValue: text.describe(
    'Value of `X-XSS-Protection`; takes precedence over `browserXssFilter`.',
  ),
  contentSecurityPolicy: text.describe(
    'Value of `Content-Security-Policy`; `$NONCE` becomes a new nonce for each response.',
  ),
  contentSecurityPolicyReportOnly: text.describe(
    'Value of `Content-Security-Policy-Report-Only`; `$NONCE` as above.',
  ),
  publicKey: text.describe('Value of `Public-Key-Pins`, sent over TLS only; current browsers ignore it.'),
  referrerPolicy: text.describe('Value of `Referrer-Policy`.'),
  permissionsPolicy: text.describe('Value of `Permissions-Policy`.'),
  isDevelopment: flag.describe('Disables `allowedHosts`, `stsSeconds` and `publicKey`.'),
});

export type HeadersOptions = z.output<typeof headersSchema>;

const superseded = 'Traefik 3 ignores it too';

/** Names that Traefik still accepts, and that have no effect there either. */
export const ignoredHeadersNames: Readonly<Record<string, string>> = Object.freeze({
  accessControlAllowOrigin: `${superseded}: use accessControlAllowOriginList`,
  featurePolicy: `${superseded}: use permissionsPolicy`,
  sslRedirect: `${superseded}: use redirectScheme`,
  sslTemporaryRedirect: `${superseded}: use redirectScheme`,
  sslHost: `${superseded}: use redirectRegex`,
  sslForceHost: `${superseded}: use redirectRegex`,
});
