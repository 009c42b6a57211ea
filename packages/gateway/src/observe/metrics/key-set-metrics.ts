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
}

export function createKeySetMetrics(): KeySetMetrics {
  /** By what uses them, then by URL: middlewares with different options request the same key set separately. */
  const bySource = new Map<object, Map<string, KeySetState>>();
  return {
    listen({ source, event }) {
      if (event === undefined) {
        bySource.delete(source);
        return;
      }
      const states = bySource.get(source) ?? new Map<string, KeySetState>();
      bySource.set(source, states);
      states.set(toShownUrl(event.url), { isUp: event.kind === 'obtained', keys: event.keys });
    },
    read() {
      const worst = new Map<string, KeySetState>();
      for (const states of bySource.values())
        for (const [url, { isUp, keys }] of states) {
          const before = worst.get(url) ?? { isUp: true, keys: Infinity };
          worst.set(url, { isUp: before.isUp && isUp, keys: Math.min(before.keys, keys) });
        }
      const all = Array.from(worst);
      return {
        grantgate_key_set_up: all.map(([keyset, { isUp }]) => toSeries({ keyset }, Number(isUp))),
        grantgate_key_set_keys: all.map(([keyset, { keys }]) => toSeries({ keyset }, keys)),
      };
    },
  };
}
