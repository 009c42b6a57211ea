import { createHash } from 'node:crypto';
import { Secret } from './secret.ts';

/** A text that is equal for equal options, secrets included, and gives none of them away. */
export function fingerprint(options: object): string {
  // The value that a replacer is given has been through `toJSON`, which makes all secrets alike; the holder has it as it is.
  const text = JSON.stringify(options, function (this: Record<string, unknown>, key, value: unknown) {
    const held = this[key];
    return held instanceof Secret ? { secret: held.reveal() } : value;
  });
  return createHash('sha256').update(text).digest('base64url');
}
