import type { Channel } from '@grantgate/middleware/base/channel';
import type { Clock } from '@grantgate/middleware/base/clock';
import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { RenewalEvent } from '@grantgate/middleware/cache/renewal-event';
import type { Stores } from '@grantgate/middleware/cache/stores';
import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import { createTokenTally } from '@grantgate/middleware/cache/token-tally';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import { createEndpointStates } from '@grantgate/middleware/token/endpoint-state';
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
  readonly tally: TokenTally;
}

/** What became of a renewal of one authenticator, which its tally tells from the others. */
export interface AuthenticatorRenewal {
  readonly tally: TokenTally;
  readonly event: RenewalEvent;
}

export function createAuthenticators(parts: {
  readonly clock: Clock;
  readonly cache: TokenCache;
  readonly stores: Stores;
  /** Opens what counts the tokens of one authenticator. Default: nobody counts. */
  readonly openTally?: (() => TokenTally) | undefined;
  /** Default: nobody is told. */
  readonly renewals?: Channel<AuthenticatorRenewal> | undefined;
}): Authenticators {
  const endpoints = createEndpointStates(parts.clock);
  const sharing = createSharing<CountedAuthenticator>((authenticator) => authenticator.close());
  return {
    acquire: (options) =>
      sharing.acquire(fingerprint(options), () => {
        const tally = parts.openTally?.() ?? createTokenTally();
        const onRenewal = (event: RenewalEvent): void => parts.renewals?.publish({ tally, event });
        const { clock, cache, stores } = parts;
        const authenticator = createParsedAuthenticator(options, {
          clock,
          cache,
          stores,
          endpoints,
          tally,
          onRenewal,
        });
        return Object.freeze({ ...authenticator, tally });
      }),
  };
}
