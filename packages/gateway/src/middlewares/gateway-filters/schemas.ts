import { z } from 'zod';
import { hopByHop } from '../../http1/message/hop-by-hop.ts';

/** Of Gateway API `HTTPHeader`. */
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'expected the name of a header (RFC 9110 section 5.1)' })
  .refine((name) => !hopByHop.has(name.toLowerCase()) && name.toLowerCase() !== 'content-length', {
    error: 'belongs to the connection and cannot be changed',
  });
const headers = z
  .array(
    z.strictObject({
      name: headerName,
      value: z.string().regex(/^[^\x00-\x08\x0a-\x1f\x7f]*$/, {
        error: 'expected text without line breaks and control characters',
      }),
    }),
  )
  .default([]);

/** `requestHeaderModifier` and `responseHeaderModifier` */
export const headerModifierSchema = z.strictObject({
  set: headers,
  add: headers,
  remove: z.array(headerName).default([]),
});

const hostname = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, { error: 'expected a host name in lower case' })
  .optional();
const path = z
  .strictObject({
    type: z.enum(['ReplaceFullPath', 'ReplacePrefixMatch'], {
      error: 'expected ReplaceFullPath or ReplacePrefixMatch',
    }),
    replaceFullPath: z.string().optional(),
    replacePrefixMatch: z.string().optional(),
  })
  .refine(
    ({ type, replaceFullPath, replacePrefixMatch }) =>
      type === 'ReplaceFullPath'
        ? replaceFullPath !== undefined && replacePrefixMatch === undefined
        : replaceFullPath === undefined && replacePrefixMatch !== undefined,
    { error: 'expected replaceFullPath or replacePrefixMatch, as its type says' },
  )
  .optional();
/** Added when the route is parsed. */
const matchedPrefix = z.string().default('/');

/** `requestRedirect` */
export const requestRedirectSchema = z.strictObject({
  scheme: z.enum(['http', 'https'], { error: 'expected http or https' }).optional(),
  hostname,
  path,
  port: z.int().min(1).max(65_535).optional(),
  statusCode: z
    .literal([301, 302, 303, 307, 308], { error: 'expected 301, 302, 303, 307 or 308' })
    .default(302),
  matchedPrefix,
});

/** `urlRewrite` */
export const urlRewriteSchema = z.strictObject({ hostname, path, matchedPrefix });
