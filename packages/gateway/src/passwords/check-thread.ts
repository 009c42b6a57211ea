import type * as Crypto from 'node:crypto';
import { createRequire } from 'node:module';
import type * as Threads from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import type * as Bcrypt from 'bcryptjs';
import type * as HashWasm from 'hash-wasm';
import { encodeCrypt64 } from './crypt64.ts';
import { md5Crypt } from './md5-crypt.ts';
import { shaCrypt } from './sha-crypt.ts';

/** A password to check against a hash. */
export interface CheckMessage {
  readonly password: string;
  readonly hash: string;
}

/** The result of a check; results arrive in the order of the messages. */
export interface CheckResult {
  readonly matches: boolean;
}

/** Functions and paths of modules that the thread uses. */
interface ThreadParts {
  readonly bcrypt: string;
  readonly argon2: string;
  readonly md5Crypt: typeof md5Crypt;
  readonly shaCrypt: typeof shaCrypt;
  readonly encode: typeof encodeCrypt64;
}

/**
 * Starts a thread that checks passwords one after the other. bcrypt takes about 100 ms by design, and APR1 about 2 ms: on the event
 * loop, a flood of wrong passwords would block every request.
 */
export function startCheckThread(): Worker {
  const { resolve } = createRequire(import.meta.url);
  const path = (name: string): string => JSON.stringify(resolve(name));
  // Passed as source text, so that the thread runs both from sources and from the package.
  const parts = `{ bcrypt: ${path('bcryptjs')}, argon2: ${path('hash-wasm')}, md5Crypt: ${md5Crypt.toString()}, shaCrypt: ${shaCrypt.toString()}, encode: ${encodeCrypt64.toString()} }`;
  const source = `(${serveChecks.toString()})(require, ${parts});`;
  const thread = new Worker(source, { eval: true, env: {}, execArgv: [] });
  // Does not keep the process alive.
  thread.unref();
  return thread;
}

/** Runs in the thread; must be self-contained. */
function serveChecks(load: NodeJS.Require, parts: ThreadParts): void {
  const { parentPort } = load('node:worker_threads') as typeof Threads;
  const { createHash, timingSafeEqual } = load('node:crypto') as typeof Crypto;
  const cryptParts = { createHash, encode: parts.encode };
  /** Longer passwords match nothing, because the work of some algorithms grows with the square of the length. */
  const maxBytes = 1024;
  const isSame = (a: string, b: string): boolean =>
    a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
  const checkCrypt = (password: Buffer, hash: string): boolean => {
    const [, name = '', ...fields] = hash.split('$');
    const digest = fields.at(-1) ?? '';
    const salt = Buffer.from(fields.at(-2) ?? '');
    if (name !== '5' && name !== '6')
      return isSame(parts.md5Crypt(password, salt.subarray(0, 8), `$${name}$`, cryptParts), digest);
    const written = Number(fields.length === 3 ? fields[0]?.slice('rounds='.length) : 5000);
    const rounds = Math.max(1000, written);
    const algorithm = name === '5' ? 'sha256' : 'sha512';
    return isSame(parts.shaCrypt(password, salt.subarray(0, 16), { rounds, algorithm }, cryptParts), digest);
  };
  const checkArgon2 = async (password: Buffer, hash: string): Promise<boolean> => {
    const { argon2d, argon2i, argon2id } = load(parts.argon2) as typeof HashWasm;
    const algorithms = { argon2d, argon2i, argon2id };
    const [, name = '', , costs = '', salt = '', digest = ''] = hash.split('$');
    const [memorySize = 0, iterations = 0, parallelism = 0] = costs
      .split(',')
      .map((cost) => Number(cost.slice(2)));
    const stored = Buffer.from(digest, 'base64');
    const own = await algorithms[name as keyof typeof algorithms]({
      ...{ password, salt: Buffer.from(salt, 'base64'), memorySize, iterations, parallelism },
      hashLength: stored.length,
      outputType: 'binary',
    });
    return timingSafeEqual(own, stored);
  };
  const check = async ({ password, hash }: CheckMessage): Promise<boolean> => {
    const bytes = Buffer.from(password);
    if (bytes.length > maxBytes) return false;
    if (hash.startsWith('$2'))
      return (load(parts.bcrypt) as typeof Bcrypt).compareSync(password, `$2b${hash.slice(3)}`);
    return hash.startsWith('$argon2') ? checkArgon2(bytes, hash) : checkCrypt(bytes, hash);
  };
  parentPort?.on('message', (message: CheckMessage) => {
    void check(message)
      // An unreadable hash matches nothing.
      .catch(() => false)
      .then((matches) => parentPort.postMessage({ matches } satisfies CheckResult));
  });
}
