import type { CryptParts } from './crypt64.ts';

/**
 * The hash of a password by Apache's APR1 or crypt's MD5. Must be self-contained, because a worker thread runs its source text.
 *
 * @param magic `$apr1$` or `$1$`. @returns 22 characters. @see https://httpd.apache.org/docs/2.4/misc/password_encryptions.html
 */
export function md5Crypt(
  password: Buffer,
  salt: Buffer,
  magic: string,
  { createHash, encode }: CryptParts,
): string {
  const md5 = (...parts: readonly (Buffer | string)[]): Buffer => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const once = md5(password, salt, password);
  const first: (Buffer | string)[] = [password, magic, salt];
  for (let left = password.length; left > 0; left -= 16) first.push(once.subarray(0, Math.min(16, left)));
  const zero = Buffer.alloc(1);
  for (let left = password.length; left > 0; left >>= 1)
    first.push((left & 1) === 1 ? zero : password.subarray(0, 1));
  let digest = md5(...first);
  for (let round = 0; round < 1000; round += 1) {
    const isOdd = (round & 1) === 1;
    const middle = [...(round % 3 === 0 ? [] : [salt]), ...(round % 7 === 0 ? [] : [password])];
    digest = md5(isOdd ? password : digest, ...middle, isOdd ? digest : password);
  }
  const byte = (at: number): number => digest[at] ?? 0;
  let text = '';
  for (let at = 0; at < 5; at += 1)
    text += encode((byte(at) << 16) | (byte(at + 6) << 8) | byte(at === 4 ? 5 : at + 12), 4);
  return text + encode(byte(11), 2);
}
