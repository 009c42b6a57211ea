import { z } from 'zod';
import { clientTlsSchema } from '../client-tls.ts';

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, { error: 'expected the name of a header' });

/** Maximum bytes of a response's body; Traefik has no limit. */
export const defaultMaxResponseBodySize = 1024 * 1024;

const noLimit = z.int().min(-1);

export const forwardAuthSchema = z.strictObject({
  address: z
    .string()
    .refine(isAddress, { error: 'expected an http or https URL without user name, password or fragment' })
    .describe('URL of the authentication server, which gets a request for each request of a caller.'),
  trustForwardHeader: z
    .boolean()
    .optional()
    .describe(
      'Whether `X-Forwarded-*` of a trusted proxy reach the authentication server. Default: only those that this gateway does not set itself.',
    ),
  authResponseHeaders: z
    .array(headerName)
    .default([])
    .describe('Headers of the response that replace those of the request, in every spelling.'),
  authResponseHeadersRegex: z
    .string()
    .default('')
    .describe('The same for headers whose names, such as `X-Auth-User`, match a regular expression.'),
  authRequestHeaders: z
    .array(headerName)
    .default([])
    .describe('Headers of the request that are sent to the authentication server. Empty: all.'),
  addAuthCookiesToResponse: z
    .array(z.string().min(1))
    .default([])
    .describe('Names of cookies in the response that are added to the response for the caller.'),
  headerField: z
    .string()
    .default('')
    .describe('Header of the response with the name of the user, for the access log and `requestClientID`.'),
  forwardBody: z.boolean().default(false).describe('Sends the body as well; it is buffered in memory.'),
  maxBodySize: noLimit
    .default(-1)
    .describe(
      'Maximum size of the body with `forwardBody`, in bytes; a request with a larger one is refused with 401. -1: no limit.',
    ),
  maxResponseBodySize: noLimit
    .default(defaultMaxResponseBodySize)
    .describe(
      'Maximum size of the body of the response, in bytes; after a larger one, the request is refused with 401. -1: no limit.',
    ),
  preserveLocationHeader: z
    .boolean()
    .default(false)
    .describe('Does not change `Location`; otherwise it is resolved against `address`.'),
  preserveRequestMethod: z
    .boolean()
    .default(false)
    .describe('Uses the method of the request instead of GET.'),
  authSigninURL: z.string().default('').describe('URL to which callers are redirected on 401.'),
  tls: clientTlsSchema.optional().describe('TLS to the authentication server.'),
});

export type ForwardAuthOptions = z.output<typeof forwardAuthSchema>;

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash, hostname } = new URL(text);
  return /^https?:$/.test(protocol) && hostname !== '' && username + password + hash === '';
}
