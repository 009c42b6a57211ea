import { z } from 'zod';
import { clientTlsSchema } from '../client-tls.ts';

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, { error: 'expected the name of a header' });

/** Bytes of a response's body; Traefik has no limit. */
export const defaultMaxResponseBodySize = 1024 * 1024;

const noLimit = z.int().min(-1);

export const forwardAuthSchema = z.strictObject({
  address: z
    .string()
    .refine(isAddress, { error: 'expected an http or https URL without user name, password or fragment' })
    .describe('URL of the authorization server that is asked about each request.'),
  trustForwardHeader: z
    .boolean()
    .optional()
    .describe(
      'Whether `X-Forwarded-*` of a trusted proxy reach the authorization server. Not set: only those that this gateway does not set itself.',
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
    .describe('Headers of the request that the authorization server gets. Empty: all.'),
  addAuthCookiesToResponse: z
    .array(z.string().min(1))
    .default([])
    .describe('Names of cookies of its response that the caller gets with the service’s response.'),
  headerField: z
    .string()
    .default('')
    .describe('Header of its response that names the user, for the access log and `requestClientID`.'),
  forwardBody: z.boolean().default(false).describe('Sends the body as well; it is held in memory.'),
  maxBodySize: noLimit
    .default(-1)
    .describe('Bytes of the body with `forwardBody`; a larger one is refused with 401. -1: no limit.'),
  maxResponseBodySize: noLimit
    .default(defaultMaxResponseBodySize)
    .describe('Bytes of the body of its response; a larger one refuses the request with 401. -1: no limit.'),
  preserveLocationHeader: z
    .boolean()
    .default(false)
    .describe('Leaves `Location` as it is; otherwise it is resolved against `address`.'),
  preserveRequestMethod: z
    .boolean()
    .default(false)
    .describe('Asks with the method of the request, not with GET.'),
  authSigninURL: z.string().default('').describe('Where callers are redirected to on 401.'),
  tls: clientTlsSchema.optional().describe('TLS to the authorization server.'),
});

export type ForwardAuthOptions = z.output<typeof forwardAuthSchema>;

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash, hostname } = new URL(text);
  return /^https?:$/.test(protocol) && hostname !== '' && username + password + hash === '';
}
