import { toFileError } from '@grantgate/middleware/base/file-error';
import type { PemSource } from '../config/dynamic.ts';
import type { SharedSources } from '../secrets/resolve.ts';

/** A text, or the reason why it is unavailable, which contains no part of the text. */
export type PemText =
  | { readonly text: string; readonly fault?: undefined }
  | { readonly text?: undefined; readonly fault: string };

/** Sources of PEM texts. */
export type PemSources = Pick<SharedSources, 'readFile' | 'secrets' | 'unreadSecrets'>;

/** Reads the text that a configuration refers to. */
export function readPem(source: PemSource, { readFile, secrets, unreadSecrets }: PemSources): PemText {
  if (source.kind === 'text') return { text: source.text };
  if (source.kind === 'file') {
    try {
      return { text: readFile(source.path) };
    } catch (error) {
      return { fault: `the file ${source.path} ${toFileError(error).message}` };
    }
  }
  const { secret, keys, orOnlyKey = false } = source;
  const values = secrets.get(secret);
  const unread = unreadSecrets?.get(secret);
  if (unread === 'forbidden') return { fault: `the Secret ${secret} cannot be read: a role is missing` };
  if (values === undefined)
    return {
      fault:
        unread === 'pending' ? `the Secret ${secret} has not been read yet` : `there is no Secret ${secret}`,
    };
  const [only, ...others] = values.keys();
  const key = keys.find((name) => values.has(name)) ?? (orOnlyKey && others.length === 0 ? only : undefined);
  return key === undefined
    ? { fault: `the Secret ${secret} has no key ${keys.join(' or ')}` }
    : { text: values.get(key) ?? '' };
}
