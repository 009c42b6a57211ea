import { createHash, timingSafeEqual } from 'node:crypto';

/** Properties that the text of a hash reveals; the text itself never appears in a message. */
export interface HashTraits {
  /** Why the hash is invalid; undefined for a valid one. */
  readonly fault: string | undefined;
  /** Why the hash is weak; undefined for a strong one. */
  readonly weakness: string | undefined;
}

/** Maximum cost: a higher one would take seconds, for which other checks would wait. */
const maxCost = 14;
const maxRounds = 500_000;
/** Maximum memory in KiB; the limit of the thread is the same. */
const maxMemory = 256 * 1024;
const maxIterations = 16;
const maxLanes = 16;

const bcrypt = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const md5 = /^\$(?:apr1|1)\$[^$:]*\$[./A-Za-z0-9]{22}$/;
const shaCrypt =
  /^\$(?:5\$(?:rounds=(\d+)\$)?[^$:]*\$[./A-Za-z0-9]{43}|6\$(?:rounds=(\d+)\$)?[^$:]*\$[./A-Za-z0-9]{86})$/;
const argon2 =
  /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/;
/** As written by LDAP servers: the salt follows the digest. */
const digest = /^\{(S?)SHA(256|512)?\}([A-Za-z0-9+/]+={0,2})$/i;
const digestBytes: Readonly<Record<string, number>> = { '': 20, '256': 32, '512': 64 };

const expected =
  'expected a hash by bcrypt, Argon2, SHA-256 or SHA-512 (crypt or {SSHA256}), APR1 MD5 or SHA1';
const usable: HashTraits = Object.freeze({ fault: undefined, weakness: undefined });
const unusable = (fault: string): HashTraits => ({ fault, weakness: undefined });

/** Reads the form of a hash as written by `htpasswd`, `argon2`, crypt(3) and LDAP servers. */
export function readHash(hash: string): HashTraits {
  const cost = bcrypt.exec(hash)?.[1];
  if (cost !== undefined)
    return Number(cost) >= 4 && Number(cost) <= maxCost
      ? usable
      : unusable(`expected a cost of bcrypt from 4 to ${maxCost}`);
  if (md5.test(hash)) return { fault: undefined, weakness: 'MD5 is fast to guess' };
  const crypt = shaCrypt.exec(hash);
  if (crypt !== null)
    return Number(crypt[1] ?? crypt[2] ?? 0) <= maxRounds
      ? usable
      : unusable(`expected at most ${maxRounds} rounds`);
  if (hash.startsWith('$argon2')) return readArgon2(hash);
  const [, salt = '', bits = '', value = ''] = digest.exec(hash) ?? [];
  const bytes = Buffer.from(value, 'base64').length - (digestBytes[bits] ?? 0);
  if (value !== '' && (salt === '' ? bytes === 0 : bytes > 0))
    return bits === '' ? { fault: undefined, weakness: 'SHA-1 is fast to guess' } : usable;
  return unusable(
    hash.startsWith('$$')
      ? 'expected a hash without doubled $ signs, which only docker-compose needs'
      : expected,
  );
}

function readArgon2(hash: string): HashTraits {
  const [, memory, iterations, lanes] = (argon2.exec(hash) ?? []).map(Number);
  if (memory === undefined || iterations === undefined || lanes === undefined)
    return unusable('expected $argon2id$v=19$m=MEMORY,t=ITERATIONS,p=LANES$SALT$HASH');
  return isWithin(iterations, 1, maxIterations) &&
    isWithin(lanes, 1, maxLanes) &&
    isWithin(memory, 8 * lanes, maxMemory)
    ? usable
    : unusable(
        `expected Argon2 with m from 8 * p to ${maxMemory}, t from 1 to ${maxIterations} and p from 1 to ${maxLanes}`,
      );
}

const isWithin = (value: number, from: number, to: number): boolean => value >= from && value <= to;

/** Whether a check takes milliseconds by design, so that it must not run on the event loop. */
export const isSlow = (hash: string): boolean => !hash.startsWith('{');

/** Whether a password matches a fast hash. The time depends only on the length of the password. */
export function hasDigest(password: string, hash: string): boolean {
  const [, salt = '', bits = '', value = ''] = digest.exec(hash) ?? [];
  const bytes = Buffer.from(value, 'base64');
  const length = digestBytes[bits] ?? 0;
  const own = createHash(`sha${bits === '' ? '1' : bits}`).update(password);
  if (salt !== '') own.update(bytes.subarray(length));
  const expectedDigest = bytes.subarray(0, length);
  return expectedDigest.length === length && timingSafeEqual(own.digest(), expectedDigest);
}
