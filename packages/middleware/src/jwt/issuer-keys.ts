import { createTokenFailure, type TokenFailure } from '../token/failure.ts';
import type { DiscoveryUse } from '../token/discovery/discovered-endpoint.ts';
import type { ServerMetadata } from '../token/discovery/metadata.ts';
import { type KeyQuery, type KeySource } from './key-source.ts';

/** Opens the keys at a URL. */
export type OpenKeys = (url: string) => KeySource;

/** Keys of an issuer, at the URL in its metadata (RFC 8414, OpenID Connect Discovery 1.0). */
export function createDiscoveredKeys({ discovery, release }: DiscoveryUse, open: OpenKeys): KeySource {
  let current: { readonly url: string; readonly keys: KeySource } | undefined;
  const closing: Promise<void>[] = [];
  const find = (query: KeyQuery, found: ServerMetadata | TokenFailure) => {
    if (found.kind === 'failure') return found;
    const { jwksUri: url } = found;
    if (url === undefined)
      return createTokenFailure('response_invalid', 'the metadata of the issuer name no usable jwks_uri');
    if (current?.url !== url) {
      if (current !== undefined) closing.push(current.keys.close());
      current = { url, keys: open(url) };
    }
    return current.keys.find(query);
  };
  return Object.freeze({
    find(query: KeyQuery) {
      const service = discovery();
      const metadata = service instanceof Promise ? service.then((loaded) => loaded.get()) : service.get();
      return metadata instanceof Promise ? metadata.then((late) => find(query, late)) : find(query, metadata);
    },
    async close() {
      await Promise.all([...closing, current?.keys.close()]);
      await release();
    },
  });
}

const noKeys = Object.freeze({ kind: 'keys', keys: Object.freeze([]) });

/** Keys of several issuers, each at the same path below its issuer; requests go to these issuers only. */
export function createIssuersKeys(issuers: readonly string[], path: string, open: OpenKeys): KeySource {
  const sources = new Map(issuers.map((issuer) => [issuer, open(issuer.replace(/\/$/, '') + path)]));
  return Object.freeze({
    find: (query: KeyQuery) => sources.get(query.issuer ?? '')?.find(query) ?? noKeys,
    async close() {
      await Promise.all([...sources.values()].map((source) => source.close()));
    },
  });
}
