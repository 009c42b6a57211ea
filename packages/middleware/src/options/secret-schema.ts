import { z } from 'zod';
import { Secret } from '../base/secret.ts';

/** A text that may come out of a secret reference. */
export const secretText: z.ZodType<string | Secret, string | Secret> = z.union(
  [z.string().min(1), z.instanceof(Secret)],
  { error: 'expected a non-empty string' },
);
/** The title marks a secret in the JSON Schema and the reference. */
export const secret: z.ZodType<string | Secret, string | Secret> = secretText.meta({ title: 'secret' });

export const isText = (value: unknown): value is string | Secret =>
  typeof value === 'string' || value instanceof Secret;
export const toText = (value: string | Secret): string =>
  typeof value === 'string' ? value : value.reveal();
export const toSecret = (value: string | Secret): Secret =>
  typeof value === 'string' ? new Secret(value) : value;
