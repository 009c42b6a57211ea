// Sealing and opening entries of the store, compared with bare AES-GCM of node:crypto over the same bytes: `npm run bench:micro --
// --only sealing`, after `make build`.
//
// Bare means: a new nonce, the same associated data made in advance, bytes in and the pieces out, without concatenation. The
// difference is the entry's format, its text in UTF-8 and its associated data. Processor time is counted.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createKeyer } from '../../packages/middleware/dist/cache/key.js';
import { createSeal } from '../../packages/middleware/dist/cache/sealed.js';
import { report } from './lib/report.mjs';
import { compare, nanoseconds, roundsOr, spreadText } from './lib/rounds.mjs';
import { printTable } from './lib/table.mjs';

const rounds = roundsOr(15);
const key = `grantgate:${createKeyer(randomBytes(32))(['https://as.example.com/token', 'id', 'secret'])}`;
const rows = [];
const results = [];
for (const secretBytes of [16, 24, 32]) {
  for (const tokenBytes of [512, 1024, 4096]) {
    const contenders = createContenders(secretBytes, tokenBytes);
    for (const [what, pair] of Object.entries(contenders)) {
      const result = await compare(pair, { rounds });
      results.push({ what, secretBytes, tokenBytes, ...result });
      rows.push([
        `${what}, ${secretBytes} bytes, token of ${tokenBytes / 1024} KiB`,
        nanoseconds(result.bare.cpu),
        nanoseconds(result.grantgate.cpu),
        spreadText(result.grantgate.ratio, 2),
      ]);
    }
  }
}
printTable(
  ['secret and token; ns of CPU (quartiles)', 'bare node:crypto', 'grantgate', 'x bare'],
  rows.sort(([one], [other]) => Number(one.startsWith('open')) - Number(other.startsWith('open'))),
);
report({ unit: 'us', rounds, results });

function createContenders(secretBytes, tokenBytes) {
  const secret = randomBytes(secretBytes);
  const seal = createSeal(secret);
  // The format of a stored entry.
  const text = JSON.stringify({
    token: randomBytes(tokenBytes).toString('base64url').slice(0, tokenBytes),
    lifetimeMs: 3_600_000,
  });
  const bytes = Buffer.from(text);
  const bare = createBare(secret, Buffer.concat([Buffer.of(1), Buffer.from(key)]));
  const sealed = seal.seal(key, text);
  const pieces = piecesOf(sealed);

  // Each opens entries that the other has sealed, and neither opens those that were sealed under another name.
  const { nonce, body, tag } = bare.seal(bytes);
  if (seal.open(key, Buffer.concat([Buffer.of(1), nonce, body, tag])) !== text)
    throw new Error('what node:crypto sealed does not open');
  if (!bare.open(pieces).equals(bytes)) throw new Error('node:crypto does not open what was sealed');
  if (seal.open(`${key}x`, sealed) !== undefined) throw new Error('an entry opens under another key');

  return {
    seal: {
      bare: times(() => bare.seal(bytes)),
      grantgate: times(() => seal.seal(key, text)),
    },
    open: {
      bare: times(() => bare.open(pieces)),
      grantgate: times(() => seal.open(key, sealed)),
    },
  };
}

function createBare(secret, associated) {
  const cipher = `aes-${secret.length * 8}-gcm`;
  return {
    seal(bytes) {
      const nonce = randomBytes(12);
      const encrypt = createCipheriv(cipher, secret, nonce).setAAD(associated);
      const body = encrypt.update(bytes);
      encrypt.final();
      return { nonce, body, tag: encrypt.getAuthTag() };
    },
    open({ nonce, body, tag }) {
      const decrypt = createDecipheriv(cipher, secret, nonce, { authTagLength: 16 })
        .setAAD(associated)
        .setAuthTag(tag);
      const bytes = decrypt.update(body);
      decrypt.final();
      return bytes;
    },
  };
}

/** A version byte, the nonce, the ciphertext, the tag. */
function piecesOf(sealed) {
  return { nonce: sealed.subarray(1, 13), body: sealed.subarray(13, -16), tag: sealed.subarray(-16) };
}

function times(once) {
  return (count) => {
    for (let done = 0; done < count; done += 1) globalThis.kept = once();
  };
}
