import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { Secret } from '../base/secret.ts';
import type { TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import type { EndpointClient } from '../token/endpoint-client.ts';
import { createKeyer } from './key.ts';
import { brokeDown, createObtain } from './obtain.ts';
import type { SharedTokens } from './shared-tokens.ts';
import { waitFor } from './token-requests.ts';
import { createTokenTally, type TokenTally } from './token-tally.ts';

export interface SubjectResponsesParts {
  readonly clock: Clock;
  readonly endpoint: EndpointClient;
  /** The client that authenticates at the endpoint. */
  readonly client: Credential;
  /** Everything besides the token that affects the response. */
  readonly profile: readonly string[];
  /** Milliseconds that a caller waits. */
  readonly waitMs: number;
  /** Milliseconds that a caller waits while another process requests the response. */
  readonly lockWaitMs: number;
  /** Undefined: responses are not shared. */
  readonly shared: SharedTokens | undefined;
  readonly tally?: TokenTally | undefined;
}

/**
 * Responses of an authorization server about tokens of callers, from the store or the server. This keeps nothing in memory, because
 * the decisions based on them are cached. A token appears only in a keyed hash.
 */
export interface SubjectResponses {
  /** Never rejects. */
  obtain(token: string): Promise<TokenOutcome>;
  /** Stops the use of earlier responses. */
  purge(): void;
}

export function createSubjectResponses(parts: SubjectResponsesParts): SubjectResponses {
  const { clock, endpoint, client, profile, waitMs, lockWaitMs, shared } = parts;
  const nameOf = createKeyer(randomBytes(32));
  let purgedAtMs = -Infinity;
  const obtain = createObtain({
    endpoint: {
      obtain: (subject) => endpoint.obtain({ client, subject }),
      close: () => endpoint.close(),
    },
    clock,
    shared,
    lockWaitMs,
    counts: { store: 0, server: 0 },
    tally: parts.tally ?? createTokenTally(),
    partsOf: ({ clientSecret }) => [...profile, clientSecret.reveal()],
    purgedAtMs: () => purgedAtMs,
  });
  return {
    obtain(token) {
      const subject = { clientId: nameOf([token]), clientSecret: new Secret(token) };
      const purgesBefore = purgedAtMs;
      const progress = {
        asked: false,
        get purged() {
          return purgedAtMs !== purgesBefore;
        },
      };
      const outcome = obtain(subject, undefined, undefined, progress).catch(() => brokeDown);
      return waitFor(outcome, waitMs, clock);
    },
    purge() {
      purgedAtMs = clock.monotonic();
    },
  };
}
