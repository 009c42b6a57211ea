import type { Clock } from '../base/clock.ts';
import type { Tracing } from '../base/tracing.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import type { TokenFailure } from '../token/failure.ts';
import type { CacheMemory, Flight } from './cache-memory.ts';
import type { Obtain, Progress } from './obtain.ts';
import { brokeDown } from './obtain.ts';
import type { TokenOrigin } from './purges.ts';

/** Token requests of one source: at most one per credential. */
export interface TokenRequests {
  /** The request in flight, or a new one. @param unwanted the refused token, which must not be the result. */
  launch(key: string, credential: Credential, unwanted?: Pick<AccessToken, 'value'>): Flight;
  /** Its outcome, or a failure when the request takes longer than a caller waits. */
  wait(outcome: Promise<TokenOutcome>): Promise<TokenOutcome>;
}

const waitedTooLong: TokenFailure = Object.freeze({
  ...brokeDown,
  reason: 'timeout',
  detail: 'the token request took longer than a caller waits',
});

/** @param waitMs milliseconds that a caller waits. */
export function createTokenRequests(
  { clock, entries, flights, outages, keep }: CacheMemory,
  {
    obtain,
    generation,
    waitMs,
    tracing,
  }: {
    readonly obtain: Obtain;
    readonly generation: TokenOrigin;
    readonly waitMs: number;
    readonly tracing: Tracing | undefined;
  },
): TokenRequests {
  return {
    launch(key, credential, unwanted) {
      const running = flights.get(key);
      if (running !== undefined) return running;
      const { clientId } = credential;
      const held = entries.get(key)?.token;
      const progress: Progress = { asked: false, purged: false };
      const begin = (): Promise<TokenOutcome> => obtain(credential, held, unwanted, progress);
      const outcome = (tracing === undefined ? begin() : tracing.keep(begin))
        .catch(() => brokeDown)
        .then((result) => {
          if (flights.get(key) === flight) flights.delete(key);
          if (progress.purged) return result;
          keep(key, { clientId, generation }, result, unwanted);
          // While another process refreshes, the result is the token in memory, which is no evidence about the server.
          if (result.kind === 'token' && (progress.asked || result !== held)) outages.succeeded(key);
          return result;
        });
      const flight: Flight = { outcome, clientId, generation, refused: unwanted, progress };
      flights.set(key, flight);
      return flight;
    },
    wait: (outcome) => waitFor(outcome, waitMs, clock),
  };
}

/** The outcome, or a failure when the request takes longer than a caller waits, in milliseconds. */
export const waitFor = (
  outcome: Promise<TokenOutcome>,
  waitMs: number,
  clock: Clock,
): Promise<TokenOutcome> =>
  new Promise((resolve) => {
    const timer = clock.after(waitMs, () => resolve(waitedTooLong));
    void outcome.then((result) => {
      timer.cancel();
      resolve(result);
    });
  });
