import type * as Crypto from 'node:crypto';
import { createRequire } from 'node:module';
import type * as Threads from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import type * as Bcrypt from 'bcryptjs';
import { md5Crypt } from './md5-crypt.ts';

/** A password to be held against a hash. */
export interface CheckMessage {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

/** Whether it was the password. */
export interface CheckedMessage {
  readonly id: number;
  readonly matches: boolean;
}

/**
 * Starts a thread that checks passwords one after the other. bcrypt takes some 100 ms by design, and APR1 some 2 ms: on the thread of
 * the event loop, a flood of wrong passwords would stop every request.
 */
export function startCheckThread(): Worker {
  // The text of the functions, so that the thread runs from sources and from the package alike.
  const source = `(${serveChecks.toString()})(require, ${JSON.stringify(bcryptPath())}, ${md5Crypt.toString()});`;
  const thread = new Worker(source, { eval: true, env: {}, execArgv: [] });
  // It keeps no process alive.
  thread.unref();
  return thread;
}

const bcryptPath = (): string => createRequire(import.meta.url).resolve('bcryptjs');

/** Runs in the thread; refers to nothing outside itself. */
function serveChecks(load: NodeJS.Require, bcrypt: string, crypt: typeof md5Crypt): void {
  const { parentPort } = load('node:worker_threads') as typeof Threads;
  const { createHash, timingSafeEqual } = load('node:crypto') as typeof Crypto;
  const { compareSync } = load(bcrypt) as typeof Bcrypt;
  const isSame = (a: string, b: string): boolean =>
    a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
  const check = (password: string, hash: string): boolean => {
    if (hash.startsWith('{SHA}')) {
      const digest = createHash('sha1').update(password).digest('base64');
      return isSame(digest, hash.slice(5));
    }
    if (hash.startsWith('$2')) return compareSync(password, `$2b${hash.slice(3)}`);
    const [, name = '', salt = '', digest = ''] = hash.split('$');
    const text = crypt(Buffer.from(password), Buffer.from(salt.slice(0, 8)), `$${name}$`, createHash);
    return isSame(text, digest);
  };
  parentPort?.on('message', ({ id, password, hash }: CheckMessage) => {
    let matches = false;
    try {
      matches = check(password, hash);
    } catch {
      // A hash that cannot be read matches nothing.
    }
    parentPort.postMessage({ id, matches } satisfies CheckedMessage);
  });
}
