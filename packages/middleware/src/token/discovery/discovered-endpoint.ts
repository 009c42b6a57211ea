import type { MaybePromise } from '../../base/maybe-promise.ts';
import type { TokenOutcome } from '../access-token.ts';
import type { Credential } from '../credential.ts';
import type { TokenEndpoint } from '../endpoint.ts';
import { createTokenFailure } from '../failure.ts';
import type { Discovery, DiscoveryOptions, DiscoveryParts } from './discovery.ts';
import type { ServerMetadata } from './metadata.ts';

/** A discovery in use. */
export interface DiscoveryUse {
  readonly discovery: () => MaybePromise<Discovery>;
  readonly release: () => Promise<void>;
}

/** A discovery with one user. Its code is loaded when a token is first needed. */
export function deferDiscovery(options: DiscoveryOptions, parts: DiscoveryParts): DiscoveryUse {
  let loading: Promise<Discovery> | undefined;
  return {
    discovery: () =>
      (loading ??= import('./discovery.ts').then((module) => module.createDiscovery(options, parts))),
    release: async () => (await loading)?.close(),
  };
}

/**
 * The token endpoint that an issuer names. When the issuer names another one, later token requests go there; requests in flight end at
 * the old one.
 *
 * @param use released when the endpoint has closed.
 * @param open opens a token endpoint; `obtain` throws its errors.
 */
export function createDiscoveredEndpoint(
  use: DiscoveryUse,
  open: (metadata: ServerMetadata) => TokenEndpoint,
): TokenEndpoint {
  const underWay = new Set<Promise<unknown>>();
  let current: { readonly metadata: ServerMetadata; readonly endpoint: TokenEndpoint } | undefined;
  let closing: Promise<void> | undefined;

  const track = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    const end = (): void => void underWay.delete(work);
    work.then(end, end);
    return work;
  };
  const toEndpoint = (metadata: ServerMetadata): TokenEndpoint => {
    const before = current;
    if (before !== undefined && isSame(before.metadata, metadata)) return before.endpoint;
    current = { metadata, endpoint: open(metadata) };
    if (before !== undefined) void track(before.endpoint.close());
    return current.endpoint;
  };
  const obtain = async (credential: Credential): Promise<TokenOutcome> => {
    const discovery = await use.discovery();
    const found = await discovery.get();
    if (found.kind === 'failure') return found;
    const outcome = await toEndpoint(found).obtain(credential);
    if (mayHaveMoved(outcome)) discovery.doubt();
    return outcome;
  };

  return {
    async obtain(credential) {
      if (closing !== undefined)
        return createTokenFailure('unavailable', 'the connection to the issuer is closed', { isLocal: true });
      return track(obtain(credential));
    },
    close() {
      closing ??= Promise.allSettled(underWay)
        .then(() => current?.endpoint.close())
        .then(() => use.release());
      return closing;
    },
  };
}

const isSame = (a: ServerMetadata, b: ServerMetadata): boolean =>
  a.tokenEndpoint === b.tokenEndpoint && a.firstMethod === b.firstMethod;

/** Whether the server may have moved its token endpoint. */
function mayHaveMoved(outcome: TokenOutcome): boolean {
  if (outcome.kind === 'token' || outcome.isLocal === true) return false;
  return !['credentials_refused', 'request_rejected'].includes(outcome.reason);
}
