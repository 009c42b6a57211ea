import type { SeriesSubject } from '../../workers/readings.ts';

/** One metric, as the guide describes it. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One sentence, exposed unchanged. */
  readonly help: string;
  /** How values of several processes are merged; default: sum. */
  readonly merge?: 'max' | 'min';
  /** The kind of object whose removal removes its series. */
  readonly subject?: SeriesSubject;
}
