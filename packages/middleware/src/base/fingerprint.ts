import { createHash } from 'node:crypto';
import { Secret } from './secret.ts';

/** A text that is equal for equal options, including secrets, and reveals none of them. */
export function fingerprint(options: object): string {
  // A replacer receives values after `toJSON`, which makes all secrets alike; its holder has the original.
  const text = JSON.stringify(options, function (this: Record<string, unknown>, key, value: unknown) {
    const held = this[key];
    return held instanceof Secret ? { secret: held.reveal() } : value;
  });
  return createHash('sha256').update(text).digest('base64url');
}
