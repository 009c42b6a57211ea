import type { Clock } from '@grantgate/middleware/base/clock';
import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { Stores } from '@grantgate/middleware/cache/stores';
import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { Use } from '../upstream/sharing.ts';
import { createSharing } from '../upstream/sharing.ts';
import { createParsedAuthenticator, type Authenticator } from '@grantgate/middleware';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/options';

/**
 * Authenticators in use, across snapshots. Middlewares with the same options share one, and one that a new configuration
 * leaves as it is lives on with its tokens and connections; with other options, a changed secret among them, it is another
 * one, and the tokens of the old go when the last request that uses it has ended.
 */
export interface Authenticators {
  /** To be released exactly once. */
  acquire(options: ClientCredentialsOptions): Use<CountedAuthenticator>;
}

export interface CountedAuthenticator extends Authenticator {
  /** Undefined when nobody counts. */
  readonly tally: TokenTally | undefined;
}

export function createAuthenticators(parts: {
  readonly clock: Clock;
  readonly cache: TokenCache;
  readonly stores: Stores;
  /** Opens what counts the tokens of one authenticator. Default: nobody counts. */
  readonly openTally?: (() => TokenTally) | undefined;
}): Authenticators {
  const sharing = createSharing<CountedAuthenticator>((authenticator) => authenticator.close());
  return {
    acquire: (options) =>
      sharing.acquire(fingerprint(options), () => {
        const tally = parts.openTally?.();
        return Object.freeze({ ...createParsedAuthenticator(options, { ...parts, tally }), tally });
      }),
  };
}
