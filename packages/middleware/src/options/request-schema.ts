import { z } from 'zod';
import type { Secret } from '../base/secret.ts';
import { secret } from './secret-schema.ts';

const texts = (what: string): z.ZodType<string | string[], string | string[]> =>
  z.union([z.string().min(1), z.array(z.string().min(1))], {
    error: `expected ${what}`,
  });

export const scopesSchema: z.ZodType<string | string[], string | string[]> = texts(
  'a list of scopes or a string of scopes separated by spaces',
).describe('Sent as `scope`: a list, or a string of scopes separated by spaces.');

export const resourceSchema: z.ZodType<string | string[], string | string[]> = texts(
  'a URI or a list of URIs',
).describe('Sent as `resource`, once per value (RFC 8707).');

export type NamedSecrets = Record<string, string | Secret>;

export const endpointParamsSchema: z.ZodType<NamedSecrets, NamedSecrets> = z
  .record(z.string(), secret)
  .describe('Additional parameters of the token request, by name.');

export const headersSchema: z.ZodType<NamedSecrets, NamedSecrets> = z
  .record(z.string(), secret)
  .describe('Additional headers of the token request, by name.');
