import { chain } from './chain/kind.ts';
import { headers } from './headers/kind.ts';
import type { MiddlewareKind } from './kind.ts';
import { oAuthClientCredentials } from './oauth-client-credentials/kind.ts';

/** Every kind of middleware that is served: readers, schemas, references, manifests and policies are made of this list. */
export const kinds: readonly MiddlewareKind[] = Object.freeze([oAuthClientCredentials, chain, headers]);

const byName: ReadonlyMap<string, MiddlewareKind> = new Map(
  kinds.map((kind) => [kind.name.toLowerCase(), kind]),
);

/** @param name in any letter case. */
export const findKind = (name: string): MiddlewareKind | undefined => byName.get(name.toLowerCase());
