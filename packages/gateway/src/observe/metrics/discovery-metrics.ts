import type { DiscoveryEvent } from '@grantgate/middleware/token/discovery/discovery-event';
import type { PairCounter } from './pair-counter.ts';
import { createPairCounter } from './pair-counter.ts';
import { toSeries, type SeriesByName } from './series.ts';

/** Counts requests for the metadata of issuers. */
export interface DiscoveryMetrics {
  listen(event: DiscoveryEvent): void;
  /** Sets the current issuers; others are dropped. */
  configure(issuers: readonly string[]): void;
  read(): SeriesByName;
}

export function createDiscoveryMetrics(): DiscoveryMetrics {
  const up = new Map<string, boolean>();
  /** By issuer and outcome. */
  const outcomes: PairCounter = createPairCounter();
  let known: ReadonlySet<string> = new Set();
  return {
    listen(event) {
      const { kind, issuer } = event;
      if (kind === 'recovered' || !known.has(issuer)) return;
      up.set(issuer, kind === 'discovered');
      outcomes.add(issuer, kind === 'discovered' ? 'success' : event.reason);
    },
    configure(issuers) {
      known = new Set(issuers);
      for (const issuer of up.keys()) if (!known.has(issuer)) up.delete(issuer);
      outcomes.keep((issuer) => known.has(issuer));
    },
    read: () => ({
      grantgate_issuer_up: Array.from(up, ([issuer, isUp]) => toSeries({ issuer }, Number(isUp), issuer)),
      grantgate_issuer_discoveries_total: outcomes
        .entries()
        .map(([issuer, outcome, count]) => toSeries({ issuer, outcome }, count, issuer)),
    }),
  };
}
