import { createParsedAuthenticator } from '@grantgate/middleware';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import type { Decision } from '@grantgate/middleware/decision/decision';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import type { AccessToken, TokenOutcome } from '@grantgate/middleware/token/access-token';
import { describeForOperators } from '@grantgate/middleware/token/failure';
import type { CallerCredential } from './read-credential.ts';

export interface TokenResult {
  readonly decision: Decision;
  /** Present even if its claims are refused; undefined when there is no token. */
  readonly token: AccessToken | undefined;
  /** The token endpoint that the issuer names; undefined without an issuer, and when it names none. */
  readonly tokenEndpoint: string | undefined;
  /** The failed token request for operators, with the server's own error; undefined when there is a token. */
  readonly failure: string | undefined;
}

/** Decides on one request exactly as the gateway would, and returns the token for inspection. */
export async function obtain(
  options: ClientCredentialsOptions,
  caller: CallerCredential | undefined,
): Promise<TokenResult> {
  let token: AccessToken | undefined;
  let failure: string | undefined;
  const cache = watch(createTokenCache({ clock: systemClock }), (outcome) => {
    if (outcome.kind === 'token') token = outcome;
    else failure = describeForOperators(outcome);
  });
  let tokenEndpoint: string | undefined;
  const authenticator = createParsedAuthenticator(options, {
    cache,
    onDiscovery(event) {
      if (event.kind === 'discovered') ({ tokenEndpoint } = event);
    },
  });
  // The pause between two attempts does not keep the process alive by itself.
  const alive = setInterval(() => {}, 60_000);
  try {
    const decision = await authenticator.decide({ authorization: caller && toBasic(caller) });
    return { decision, token, tokenEndpoint, failure };
  } finally {
    clearInterval(alive);
    await authenticator.close();
  }
}

const toBasic = ({ clientId, clientSecret }: CallerCredential): string =>
  `Basic ${Buffer.from(`${clientId}:${clientSecret.reveal()}`).toString('base64')}`;

function watch(cache: TokenCache, onOutcome: (outcome: TokenOutcome) => void): TokenCache {
  return {
    ...cache,
    source(parts) {
      const source = cache.source(parts);
      return {
        ...source,
        async get(credential) {
          const outcome = await source.get(credential);
          onOutcome(outcome);
          return outcome;
        },
      };
    },
  };
}
