import { z } from 'zod';
import type { OptionsOf } from './options-of.ts';
import { toRecord } from './parse-shape.ts';
import type { Report } from './report.ts';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Places for a caller's credential, the same for every kind of middleware that lets users choose. */
export const sourceSchema = z
  .strictObject({
    header: z
      .string()
      .regex(token, { error: 'expected the name of a header (RFC 9110 section 5.1)' })
      .optional()
      .describe('Name of a header.'),
    headerAuthScheme: z
      .string()
      .regex(token, { error: 'expected an authentication scheme, such as Bearer' })
      .optional()
      .describe('Scheme before the credential in that header, such as `Bearer`; none: the whole value.'),
    query: z
      .string()
      .regex(/^[A-Za-z0-9._~-]+$/, {
        error: 'expected the name of a query parameter: letters, digits and . _ ~ -',
      })
      .optional()
      .describe('Name of a query parameter. URLs end up in logs and histories: prefer a header.'),
    cookie: z
      .string()
      .regex(token, { error: 'expected the name of a cookie (RFC 6265 section 4.1.1)' })
      .optional()
      .describe('Name of a cookie; it counts only when there is no credential in header and query.'),
  })
  .transform(({ headerAuthScheme, ...places }) => ({
    ...places,
    /** Empty: the whole value of the header. */
    schemes: headerAuthScheme === undefined ? [] : [headerAuthScheme],
  }));

/** Places for a token. The value of `Authorization` always has a scheme. */
export const tokenSourceSchema = sourceSchema
  .transform((source) =>
    source.schemes.length > 0 || source.header?.toLowerCase() !== 'authorization'
      ? source
      : { ...source, schemes: ['Bearer'] },
  )
  .prefault({ header: 'Authorization', headerAuthScheme: 'Bearer' })
  .describe('Where callers put the token. Default: `Authorization: Bearer`.');

export type SourceOptions = OptionsOf<z.output<typeof sourceSchema>>;

/** Problems beyond types. @param value of the option, which may be of any type. */
export function checkSource(value: unknown, path: readonly PropertyKey[], report: Report): void {
  const source = toRecord(value);
  if (source === undefined) return;
  const has = (name: string): boolean => source[name] !== undefined && source[name] !== '';
  if (!['header', 'query', 'cookie'].some(has))
    report('error', path, 'missing_option', 'set header, query or cookie');
  if (has('headerAuthScheme') && !has('header'))
    report('error', [...path, 'headerAuthScheme'], 'invalid_value', 'expected header beside it');
}
