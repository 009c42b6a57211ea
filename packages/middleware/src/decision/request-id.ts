import { randomBytes, randomUUID } from 'node:crypto';

/** The caller's `X-Request-Id` if it is suitable for a log (1 to 128 visible ASCII characters), otherwise a new one. */
export function toRequestId(sent: string | undefined, create: () => string = randomUUID): string {
  return sent !== undefined && fit.test(sent) ? sent : create();
}

const fit = /^[\w.:/+=@-]{1,128}$/;

const idLength = 36;
const perBatch = 128;

/** Generates random UUIDs (RFC 9562, version 4) like `randomUUID`, many at once, because each request needs one. */
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
  const random = randomBytes(16 * perBatch);
  const text = Buffer.allocUnsafe(idLength * perBatch);
  let to = 0;
  for (let at = 0; at < random.length; at += 1) {
    const inId = at % 16;
    let byte = random[at] ?? 0;
    if (inId === 6) byte = (byte & 0x0f) | 0x40;
    else if (inId === 8) byte = (byte & 0x3f) | 0x80;
    if (inId === 4 || inId === 6 || inId === 8 || inId === 10) text[to++] = hyphen;
    text[to++] = digits[byte >> 4] ?? 0;
    text[to++] = digits[byte & 0x0f] ?? 0;
  }
  return text.toString('latin1');
}

const digits = Buffer.from('0123456789abcdef');
const hyphen = 0x2d;
