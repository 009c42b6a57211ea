import type { Clock } from '@grantgate/middleware/base/clock';
import type { KeysReport } from '../../middlewares/kind.ts';
import { toSeries, type SeriesByName } from './series.ts';
import { toShownUrl } from './shown-url.ts';

/** Follows requests for key sets. */
export interface KeySetMetrics {
  listen(report: KeysReport): void;
  read(): SeriesByName;
}

interface KeySetState {
  readonly isUp: boolean;
  readonly keys: number;
  /** Milliseconds since the epoch; undefined: no request has succeeded. */
  readonly refreshedAt: number | undefined;
}

export function createKeySetMetrics(clock: Clock): KeySetMetrics {
  /** By their user, then by URL: middlewares with different options request the same key set separately. */
  const bySource = new Map<object, Map<string, KeySetState>>();
  return {
    listen({ source, event }) {
      if (event === undefined) {
        bySource.delete(source);
        return;
      }
      const states = bySource.get(source) ?? new Map<string, KeySetState>();
      bySource.set(source, states);
      const url = toShownUrl(event.url);
      const isUp = event.kind !== 'failed';
      const refreshedAt = isUp ? clock.now() : states.get(url)?.refreshedAt;
      states.set(url, { isUp, keys: event.keys, refreshedAt });
    },
    read() {
      const worst = new Map<string, KeySetState>();
      for (const states of bySource.values())
        for (const [url, state] of states) worst.set(url, toWorse(worst.get(url) ?? state, state));
      const all = Array.from(worst);
      return {
        grantgate_key_set_up: all.map(([keyset, { isUp }]) => toSeries({ keyset }, Number(isUp))),
        grantgate_key_set_keys: all.map(([keyset, { keys }]) => toSeries({ keyset }, keys)),
        grantgate_key_set_refreshed_timestamp_seconds: all.flatMap(([keyset, { refreshedAt }]) =>
          refreshedAt === undefined ? [] : [toSeries({ keyset }, refreshedAt / 1000)],
        ),
      };
    },
  };
}

const toWorse = (a: KeySetState, b: KeySetState): KeySetState => ({
  isUp: a.isUp && b.isUp,
  keys: Math.min(a.keys, b.keys),
  refreshedAt:
    a.refreshedAt === undefined || b.refreshedAt === undefined
      ? (a.refreshedAt ?? b.refreshedAt)
      : Math.min(a.refreshedAt, b.refreshedAt),
});
