import { createRequire } from 'node:module';
import type * as ioredis from 'ioredis';

/** The parts of the package `ioredis` that are used. */
export type Ioredis = Pick<typeof ioredis, 'Redis' | 'Cluster' | 'AbstractConnector' | 'SentinelConnector'>;

/**
 * Loads the package `ioredis` when a store is first created: an application without a store does not need it.
 *
 * @param load imports a package by name; for tests.
 * @throws Error that names the package when it is not installed.
 */
export function loadIoredis(load: (name: string) => unknown = createRequire(import.meta.url)): Ioredis {
  try {
    // The import's type is only `unknown`, because the package is loaded by name.
    return load('ioredis') as Ioredis;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error('a Redis store requires the package `ioredis`, version 5: install it beside grantgate', {
      cause: error,
    });
  }
}
