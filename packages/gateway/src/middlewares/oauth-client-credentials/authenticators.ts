import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { RenewalEvent } from '@grantgate/middleware/cache/renewal-event';
import { createTokenTally } from '@grantgate/middleware/cache/token-tally';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import { createDiscoveries } from '@grantgate/middleware/token/discovery/discoveries';
import { createEndpointStates } from '@grantgate/middleware/token/endpoint-state';
import type { Use } from '../../reload/shared-resources.ts';
import { createSharing } from '../../reload/shared-resources.ts';
import { openKeysSource } from '../keys-source.ts';
import type { MiddlewareDeps } from '../kind.ts';
import { createParsedAuthenticator, type Authenticator } from '@grantgate/middleware';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';

/**
 * Authenticators in use, across snapshots. Middlewares with the same options share one. One that a new configuration
 * leaves unchanged keeps its tokens and connections. Different options, including a changed secret, lead to a different
 * one, and the old tokens are dropped when the last request that uses them has ended.
 */
export interface Authenticators {
  /** Must be released exactly once. */
  acquire(options: ClientCredentialsOptions): Use<CountedAuthenticator>;
}

export interface CountedAuthenticator extends Authenticator {
  readonly tally: TokenTally;
}

export function createAuthenticators(parts: MiddlewareDeps): Authenticators {
  const endpoints = parts.endpoints ?? createEndpointStates(parts.clock);
  const discoveries = createDiscoveries({
    clock: parts.clock,
    tracing: parts.tracing,
    onEvent: (event) => parts.discoveries?.publish(event),
  });
  const sharing = createSharing<CountedAuthenticator>((authenticator) => authenticator.close());
  return {
    acquire: (options) =>
      sharing.acquire(fingerprint(options), () => {
        const tally = parts.openTally?.() ?? createTokenTally();
        const onRenewal = (event: RenewalEvent): void => parts.renewals?.publish({ tally, event });
        const { clock, cache, stores, tracing } = parts;
        const source = openKeysSource(parts);
        const authenticator = createParsedAuthenticator(options, {
          clock,
          cache,
          stores,
          endpoints,
          discoveries,
          tally,
          onRenewal,
          onKeys: source.onKeys,
          tracing,
        });
        return source.closing({ ...authenticator, tally });
      }),
  };
}
