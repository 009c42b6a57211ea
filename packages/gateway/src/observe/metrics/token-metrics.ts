import type { RenewalEvent } from '@grantgate/middleware/cache/renewal-event';
import type { TierCounts } from '@grantgate/middleware/cache/token-cache';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { Gauges } from './configuration-labels.ts';
import type { Distribution } from './distribution.ts';
import { createDistribution, moveObservations, observe, toBoundsMs, toHistogram } from './distribution.ts';
import type { PairCounter } from './pair-counter.ts';
import { createPairCounter } from './pair-counter.ts';
import { toLabels, toSeries, type SeriesByName } from './series.ts';

/**
 * Counts the sources of tokens by middleware. Middlewares with the same options share their tokens, and the first of them has the
 * counts.
 */
export interface TokenMetrics {
  /** Counters of the tokens of one authenticator. */
  readonly openTally: () => TokenTally;
  /** Counts a renewal in the background, for the authenticator of that tally. */
  readonly renewed: (renewal: { readonly tally: TokenTally; readonly event: RenewalEvent }) => void;
  /** Sets the current middlewares, by qualified name, with the objects that count their tokens. */
  readonly configure: (middlewares: ReadonlyMap<string, { readonly tally?: TokenTally | undefined }>) => void;
  read(): SeriesByName;
  /** Look-ups by tier, for each middleware that counts them. */
  lookUps(): ReadonlyMap<string, TierCounts>;
}

interface TokenSeries extends TokenTally {
  /** By outcome and error code of RFC 6749. */
  readonly outcomes: PairCounter;
  /** The same for renewals in the background. */
  readonly renewals: PairCounter;
  readonly durations: Distribution;
}

/** Buckets in seconds: the total time of a token request, up to time-outs with retries. */
const bounds = [0.01, 0.05, 0.1, 0.5, 1, 5, 20];
const boundsMs = toBoundsMs(bounds);

/** @param failing credentials whose renewals fail, by tally. */
export function createTokenMetrics(failing: Gauges['failingRenewals']): TokenMetrics {
  const opened = new WeakMap<TokenTally, TokenSeries>();
  /**
   * Names with the tally that counts for them; the second map has those of the previous configuration, which may still be in use.
   */
  let counting: ReadonlyMap<TokenTally, string> = new Map();
  let leaving: ReadonlyMap<TokenTally, string> = new Map();
  let totals: ReadonlyMap<string, TokenSeries> = new Map();
  const collect = (tallies: ReadonlyMap<TokenTally, string>): void => {
    for (const [tally, name] of tallies) {
      const [from, to] = [opened.get(tally), totals.get(name)];
      if (from !== undefined && to !== undefined) move(from, to);
    }
  };
  return {
    openTally() {
      const counts = createCounts();
      opened.set(counts, counts);
      return counts;
    },
    renewed({ tally, event }) {
      const counts = opened.get(tally);
      if (counts === undefined || event.kind === 'recovered') return;
      if (event.kind === 'failed') counts.renewals.add(event.reason, event.oauthError ?? '');
      else counts.renewals.add(event.kind === 'renewed' ? 'success' : event.kind, '');
    },
    configure(middlewares) {
      const next = new Map<TokenTally, string>();
      for (const [name, { tally }] of middlewares)
        if (tally !== undefined && !next.has(tally)) next.set(tally, name);
      // A counter that continues under the same name is collected when it is read.
      collect(leaving);
      collect(new Map(Array.from(counting).filter(([tally, name]) => next.get(tally) !== name)));
      leaving = new Map(Array.from(counting).filter(([tally]) => !next.has(tally)));
      counting = next;
      totals = new Map(Array.from(middlewares.keys(), (name) => [name, totals.get(name) ?? createCounts()]));
    },
    lookUps() {
      collect(leaving);
      collect(counting);
      return new Map(
        Array.from(new Set(counting.values()), (name) => {
          const { memory = 0, store = 0, server = 0 } = totals.get(name) ?? {};
          return [name, { memory, store, server }];
        }),
      );
    },
    read() {
      collect(leaving);
      collect(counting);
      const all = Array.from(new Set(counting.values()), (name) => [name, totals.get(name)] as const).filter(
        (each): each is readonly [string, TokenSeries] => each[1] !== undefined,
      );
      const failures = failing();
      return {
        grantgate_token_lookups_total: all.flatMap(([middleware, { memory, store, server }]) =>
          Object.entries({ memory, store, server }).map(([tier, count]) =>
            toSeries({ middleware, tier }, count, middleware),
          ),
        ),
        grantgate_token_requests_total: all.flatMap(([middleware, { outcomes }]) =>
          outcomes
            .entries()
            .map(([outcome, error, count]) => toSeries({ middleware, outcome, error }, count, middleware)),
        ),
        grantgate_token_renewals_total: all.flatMap(([middleware, { renewals }]) =>
          renewals
            .entries()
            .map(([outcome, error, count]) => toSeries({ middleware, outcome, error }, count, middleware)),
        ),
        grantgate_token_renewals_failing: Array.from(counting, ([tally, middleware]) =>
          toSeries({ middleware }, failures.get(tally) ?? 0, middleware),
        ),
        grantgate_token_request_duration_seconds: all.map(([middleware, { durations }]) =>
          toHistogram(toLabels({ middleware }), durations, bounds, middleware),
        ),
      };
    },
  };
}

function createCounts(): TokenSeries {
  const outcomes = createPairCounter();
  const renewals = createPairCounter();
  const durations = createDistribution(bounds);
  return {
    memory: 0,
    store: 0,
    server: 0,
    outcomes,
    renewals,
    durations,
    requested(outcome, durationMs) {
      if (outcome.kind === 'token') outcomes.add('success', '');
      else outcomes.add(outcome.reason, outcome.oauthError ?? '');
      observe(durations, boundsMs, durationMs);
    },
  };
}

/** Resets the old place, so that no count is added twice. */
function move(from: TokenSeries, to: TokenSeries): void {
  to.memory += from.memory;
  to.store += from.store;
  to.server += from.server;
  from.memory = 0;
  from.store = 0;
  from.server = 0;
  for (const name of ['outcomes', 'renewals'] as const) {
    for (const [outcome, error, count] of from[name].entries()) to[name].add(outcome, error, count);
    from[name].keep(() => false);
  }
  moveObservations(from.durations, to.durations);
}
