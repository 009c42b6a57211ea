import type * as Crypto from 'node:crypto';

/** Functions for the hashes of crypt(3). */
export interface CryptParts {
  readonly createHash: (typeof Crypto)['createHash'];
  readonly encode: typeof encodeCrypt64;
}

/**
 * Encodes the lowest bits of a number in the digits of crypt(3), six bits each, lowest first. Must be self-contained, because a worker
 * thread runs its source text.
 *
 * @param count digits.
 */
export function encodeCrypt64(value: number, count: number): string {
  const digits = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let text = '';
  for (let at = 0; at < count; at += 1) text += digits[(value >> (6 * at)) & 0x3f] ?? '';
  return text;
}
