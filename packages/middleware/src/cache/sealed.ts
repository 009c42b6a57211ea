import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { CipherGCMTypes } from 'node:crypto';

/** Encrypts entries of a store, bound to their key. */
export interface Seal {
  seal(key: string, text: string): Buffer;
  /**
   * Undefined for bytes that were changed, truncated, moved from another key, or encrypted with another secret or in another format.
   */
  open(key: string, sealed: Uint8Array): string | undefined;
}

/** First byte of every entry: the version of the format. An entry of another version is not decrypted. */
const version = 2;
const nonceBytes = 12;
const tagBytes = 16;
const ciphers: Readonly<Record<number, CipherGCMTypes>> = {
  16: 'aes-128-gcm',
  24: 'aes-192-gcm',
  32: 'aes-256-gcm',
};

/**
 * Creates a seal: AES-GCM with a fresh 96-bit nonce for each entry and the key as associated data (NIST SP 800-38D). An entry
 * is a version byte, the nonce, the ciphertext and a tag of 16 bytes.
 *
 * @param secret 16, 24 or 32 bytes: AES-128, -192 or -256.
 * @throws RangeError for any other length.
 */
export function createSeal(secret: Uint8Array): Seal {
  const cipher = ciphers[secret.length];
  if (cipher === undefined) throw new RangeError('secret: expected 16, 24 or 32 bytes');
  const associated = (key: string): Buffer => Buffer.concat([Buffer.of(version), Buffer.from(key, 'utf8')]);
  return {
    seal(key, text) {
      const nonce = randomBytes(nonceBytes);
      const encrypt = createCipheriv(cipher, secret, nonce, { authTagLength: tagBytes }).setAAD(
        associated(key),
      );
      const body = Buffer.concat([encrypt.update(text, 'utf8'), encrypt.final()]);
      return Buffer.concat([Buffer.of(version), nonce, body, encrypt.getAuthTag()]);
    },
    open(key, sealed) {
      if (sealed.length < 1 + nonceBytes + tagBytes || sealed[0] !== version) return undefined;
      const nonce = sealed.subarray(1, 1 + nonceBytes);
      const tag = sealed.subarray(sealed.length - tagBytes);
      try {
        const decrypt = createDecipheriv(cipher, secret, nonce, { authTagLength: tagBytes })
          .setAAD(associated(key))
          .setAuthTag(tag);
        const body = sealed.subarray(1 + nonceBytes, sealed.length - tagBytes);
        return Buffer.concat([decrypt.update(body), decrypt.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
