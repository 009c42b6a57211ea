import { randomBytes, randomUUID } from 'node:crypto';

/** The caller's `X-Request-Id` when it is fit for a log (1 to 128 visible ASCII characters), otherwise a new one. */
export function toRequestId(sent: string | undefined, create: () => string = randomUUID): string {
  return sent !== undefined && fit.test(sent) ? sent : create();
}

const fit = /^[\w.:/+=@-]{1,128}$/;

const idLength = 36;
const perBatch = 128;

/** Gives random UUIDs (RFC 9562, version 4) as `randomUUID` does, of which many are made at once: for one per request. */
export function createRequestIds(): () => string {
  let batch = '';
  let at = 0;
  return () => {
    if (at === batch.length) {
      batch = createBatch();
      at = 0;
    }
    const from = at;
    at += idLength;
    return batch.slice(from, at);
  };
}

function createBatch(): string {
  const bytes = randomBytes(16 * perBatch);
  for (let at = 0; at < bytes.length; at += 16) {
    bytes[at + 6] = ((bytes[at + 6] ?? 0) & 0x0f) | 0x40;
    bytes[at + 8] = ((bytes[at + 8] ?? 0) & 0x3f) | 0x80;
  }
  const hex = bytes.toString('hex');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/g, '$1-$2-$3-$4-$5');
}
