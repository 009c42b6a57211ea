import { createHmac } from 'node:crypto';

/** Derives from the parts that determine a token a key that reveals none of them. */
export type Keyer = (parts: readonly string[]) => string;

/** HMAC-SHA256 over length-prefixed parts, so that no two lists of parts have the same encoding. */
export function createKeyer(secret: Uint8Array): Keyer {
  return (parts) => {
    const hmac = createHmac('sha256', secret);
    for (const part of parts) {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      hmac.update(length).update(bytes);
    }
    return hmac.digest('base64url');
  };
}
