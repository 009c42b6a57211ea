import { createHash, hkdfSync } from 'node:crypto';
import type { TlsOptions } from '../tls/options.ts';

/** Milliseconds for which tickets are issued with the same keys: half a day. */
export const ticketKeysMs = 12 * 60 * 60 * 1000;

/** Bytes of the keys of Node.js: a name, and keys for HMAC and AES. */
const keyBytes = 48;

/**
 * Keys of session tickets (RFC 5077), which every process with the same secret derives. They change with the options, so that a
 * session is resumed only under its original options, and with time.
 * @param secret 32 random bytes.
 * @param period number of the period of `ticketKeysMs`.
 */
export function deriveTicketKeys(secret: Uint8Array, options: TlsOptions, period: number): Buffer {
  const identity = createHash('sha256').update(JSON.stringify(options)).digest('hex');
  return Buffer.from(hkdfSync('sha256', secret, '', `tls tickets ${identity} ${period}`, keyBytes));
}
