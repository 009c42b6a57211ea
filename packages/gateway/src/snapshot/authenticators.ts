import type { Clock } from '@grantgate/middleware/base/clock';
import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { Stores } from '@grantgate/middleware/cache/stores';
import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import { createParsedAuthenticator, type Authenticator } from '@grantgate/middleware';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/options';

/**
 * Authenticators in use, across snapshots. Middlewares with the same options share one, and one that a new configuration
 * leaves as it is lives on with its tokens and connections; with other options, a changed secret among them, it is another
 * one, and the tokens of the old go when the last request that uses it has ended.
 */
export interface Authenticators {
  /** To be released exactly once. */
  acquire(options: ClientCredentialsOptions): SharedAuthenticator;
}

export interface SharedAuthenticator {
  readonly decide: Authenticator['decide'];
  release(): Promise<void>;
}

interface Held {
  readonly authenticator: Authenticator;
  users: number;
}

export function createAuthenticators(parts: {
  readonly clock: Clock;
  readonly cache: TokenCache;
  readonly stores: Stores;
}): Authenticators {
  const held = new Map<string, Held>();
  const keys = new WeakMap<ClientCredentialsOptions, string>();
  const keyOf = (options: ClientCredentialsOptions): string => {
    let key = keys.get(options);
    if (key === undefined) keys.set(options, (key = fingerprint(options)));
    return key;
  };
  return {
    acquire(options) {
      const key = keyOf(options);
      let entry = held.get(key);
      if (entry === undefined) {
        entry = { authenticator: createParsedAuthenticator(options, parts), users: 0 };
        held.set(key, entry);
      }
      const { authenticator } = entry;
      entry.users += 1;
      return {
        decide: authenticator.decide,
        async release() {
          entry.users -= 1;
          if (entry.users > 0) return;
          held.delete(key);
          await authenticator.close();
        },
      };
    },
  };
}
