import { createRequire } from 'node:module';
import type * as ioredis from 'ioredis';

/** The parts of the package `ioredis` that are used. */
export type Ioredis = Pick<typeof ioredis, 'Redis' | 'Cluster' | 'AbstractConnector' | 'SentinelConnector'>;

/**
 * Loads the package `ioredis` when a store is first made: an application without a store need not have it.
 *
 * @param load finds a package by name; for tests.
 * @throws Error that names the package when it is not installed.
 */
export function loadIoredis(load: (name: string) => unknown = createRequire(import.meta.url)): Ioredis {
  try {
    // What the package exports is known by its name and its version alone.
    return load('ioredis') as Ioredis;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error('a Redis store requires the package `ioredis`, version 5: install it beside grantgate', {
      cause: error,
    });
  }
}
