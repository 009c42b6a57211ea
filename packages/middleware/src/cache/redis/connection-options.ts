import { createSecureContext } from 'node:tls';
import type { CommonRedisOptions } from 'ioredis';
import { backoffDelayMs } from '../../base/backoff.ts';
import type { RedisStoreOptions, RedisTls } from './options.ts';

/** Milliseconds within which a connection stands, TLS included. */
export const connectTimeoutMs = 2_000;

/**
 * Milliseconds that a server may owe an answer before its connection is given up, unless callers wait for longer. A server that is frozen, or whose machine is
 * gone, closes nothing by itself; without this, the client would wait for the TCP stack, for minutes.
 */
export const silenceTimeoutMs = 2_000;

/** Milliseconds before the next attempt to connect: at most 2 seconds, with jitter, without an end. @param attempt 1 and up. */
export function reconnectDelayMs(attempt: number): number {
  // Never 0: a server that accepts and refuses at once would be asked without pause.
  return 20 + Math.floor(backoffDelayMs(attempt, { baseMs: 50, maxMs: 1_980 }));
}

/** TLS as `node:tls` takes it; the texts are read once, here. @throws Error of `node:tls` when a PEM text cannot be used. */
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
 * What every connection to a server has in common. A command is sent once or fails: the caller has other ways to a token, and
 * a command that waits for a connection would be answered too late to be of use.
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
    // One command less that an ACL has to allow.
    disableClientInfo: true,
  };
}
