import { createRequire } from 'node:module';
import type * as grpc from '@grpc/grpc-js';

/** The package `@grpc/grpc-js`. */
export type Grpc = typeof grpc;

/**
 * Loads the package `@grpc/grpc-js` when an entry point first needs it; other gateways need not install it.
 *
 * @throws Error with the code `MODULE_NOT_FOUND` when it is not installed.
 */
export function loadGrpc(): Grpc {
  // The package is loaded by name, so its exports have no known types.
  return createRequire(import.meta.url)('@grpc/grpc-js') as Grpc;
}
