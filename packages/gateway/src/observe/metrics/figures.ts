import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { MetricsView } from '../../config/metrics-config.ts';
import type { Step } from '../../middlewares/step.ts';
import type { RequestRecord } from '../../pipeline/record.ts';
import type { ConfigurationLabels, Gauges } from './configuration-labels.ts';
import type { RequestFigures } from './request-figures.ts';
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';
import { createTokenMetrics, type TokenMetrics } from './token-metrics.ts';

/** Counters of requests and tokens, which metrics and the API read. */
export interface Figures {
  onRecord(record: RequestRecord): void;
  readonly openTally: () => TokenTally;
  readonly onRenewal: TokenMetrics['renewed'];
  readonly onSteps: (steps: ReadonlyMap<string, Pick<Step, 'tally' | 'readCircuit'>>) => void;
  configure(configured: ConfigurationLabels): void;
  readonly requests: RequestMetrics & RequestFigures;
  readonly tokens: TokenMetrics;
}

export interface FiguresOptions {
  /** Default: nothing is exposed. */
  readonly config?: MetricsView | undefined;
  readonly entryPoints: Iterable<EntryPointConfig>;
  readonly failingRenewals: Gauges['failingRenewals'];
  /** Whether requests are counted by entry point and router even if no metric exposes them. */
  readonly countsAll: boolean;
}

/** Buckets of requests that only the API counts, in seconds. */
const unexposed: MetricsView = Object.freeze({
  buckets: Object.freeze([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.03, 0.1, 0.3, 1.2, 5]),
  byEntryPoint: false,
  byRouter: false,
  byService: false,
});

export function createFigures({
  config = unexposed,
  entryPoints,
  failingRenewals,
  countsAll,
}: FiguresOptions): Figures {
  const requests = createRequestMetrics(config, entryPoints, countsAll);
  const tokens = createTokenMetrics(failingRenewals);
  return {
    onRecord: (record) => requests.count(record),
    openTally: tokens.openTally,
    onRenewal: tokens.renewed,
    onSteps: tokens.configure,
    configure: (configured) => requests.configure(configured),
    requests,
    tokens,
  };
}
