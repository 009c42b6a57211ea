import { z } from 'zod';
import { Secret } from '../base/secret.ts';

const text = z.union([z.string().min(1), z.instanceof(Secret)], { error: 'expected a non-empty string' });

export const isText = (value: unknown): value is string | Secret =>
  typeof value === 'string' || value instanceof Secret;
export const toText = (value: string | Secret): string =>
  typeof value === 'string' ? value : value.reveal();

/** A text that may be the value of a secret reference. */
export const secretText: z.ZodType<string, string | Secret> = text.transform(toText);
/** The title marks a secret in the JSON Schema and the reference. */
export const secret: z.ZodType<Secret, string | Secret> = text
  .transform((value) => (typeof value === 'string' ? new Secret(value) : value))
  .meta({ title: 'secret' });
