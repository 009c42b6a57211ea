import type { CryptParts } from './crypt64.ts';

/**
 * The hash of a password by crypt(3), for `$5$` (SHA-256) and `$6$` (SHA-512). Must be self-contained, because a worker thread runs its
 * source text.
 *
 * @returns 43 or 86 characters. @see https://www.akkadia.org/drepper/SHA-crypt.txt
 */
export function shaCrypt(
  password: Buffer,
  salt: Buffer,
  { rounds, algorithm }: { readonly rounds: number; readonly algorithm: 'sha256' | 'sha512' },
  { createHash, encode }: CryptParts,
): string {
  const sha = (...parts: readonly Buffer[]): Buffer => {
    const hash = createHash(algorithm);
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const fill = (part: Buffer, length: number): Buffer => Buffer.alloc(length, part);
  const once = sha(password, salt, password);
  const first = [password, salt, fill(once, password.length)];
  for (let left = password.length; left > 0; left >>= 1) first.push((left & 1) === 1 ? once : password);
  let digest = sha(...first);
  const passwordPart = fill(sha(fill(password, password.length * password.length)), password.length);
  const saltPart = fill(sha(fill(salt, salt.length * (16 + (digest[0] ?? 0)))), salt.length);
  for (let round = 0; round < rounds; round += 1) {
    const isOdd = (round & 1) === 1;
    const middle = [...(round % 3 === 0 ? [] : [saltPart]), ...(round % 7 === 0 ? [] : [passwordPart])];
    digest = sha(isOdd ? passwordPart : digest, ...middle, isOdd ? digest : passwordPart);
  }
  const byte = (at: number): number => digest[at] ?? 0;
  const third = Math.floor(digest.length / 3);
  let text = '';
  // Each group of 24 bits has the next bytes after those of the previous group, in rotated order.
  let group: readonly [number, number, number] = [0, third, 2 * third];
  for (let at = 0; at < third; at += 1) {
    const [a, b, c] = group;
    text += encode((byte(a) << 16) | (byte(b) << 8) | byte(c), 4);
    group = algorithm === 'sha256' ? [c + 1, a + 1, b + 1] : [b + 1, c + 1, a + 1];
  }
  return text + (algorithm === 'sha256' ? encode((byte(31) << 8) | byte(30), 3) : encode(byte(63), 2));
}
