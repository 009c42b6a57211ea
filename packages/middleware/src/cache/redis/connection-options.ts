import { createSecureContext } from 'node:tls';
import type { CommonRedisOptions } from 'ioredis';
import { backoffDelayMs } from '../../base/backoff.ts';
import type { RedisStoreOptions, RedisTls } from './options.ts';

/** Milliseconds for establishing a connection, including TLS. */
export const connectTimeoutMs = 2_000;

/**
 * Milliseconds for a response before the connection is abandoned, unless callers wait longer. A frozen server, or one whose
 * machine is gone, closes no connection; without this limit, the client would wait minutes for the TCP stack.
 */
export const silenceTimeoutMs = 2_000;

/** Milliseconds before the next attempt to connect: at most 2 seconds, with jitter, for any number of attempts. @param attempt 1 and up. */
export function reconnectDelayMs(attempt: number): number {
  // Never 0: otherwise a server that accepts and refuses at once would receive attempts without pause.
  return 20 + Math.floor(backoffDelayMs(attempt, { baseMs: 50, maxMs: 1_980 }));
}

/** TLS options for `node:tls`; the texts are read once, here. @throws Error of `node:tls` when a PEM text is invalid. */
export function toTlsOptions({ ca, cert, key, insecureSkipVerify }: RedisTls): {
  secureContext: ReturnType<typeof createSecureContext>;
  rejectUnauthorized: boolean;
} {
  return {
    secureContext: createSecureContext({ ca, cert, key: key?.reveal() }),
    rejectUnauthorized: !insecureSkipVerify,
  };
}

/**
 * Options common to every connection to a server. A command is sent once or fails: the caller has other ways to a token, and a
 * command that waits for a connection would complete too late to be useful.
 */
export function connectionOptions({
  username,
  password,
  timeoutMs,
}: Pick<RedisStoreOptions, 'username' | 'password' | 'timeoutMs'>): CommonRedisOptions {
  return {
    username,
    password: password?.reveal(),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: connectTimeoutMs,
    socketTimeout: Math.max(silenceTimeoutMs, timeoutMs),
    keepAlive: 10_000,
    // Saves the ACL of the user one command.
    disableClientInfo: true,
  };
}
