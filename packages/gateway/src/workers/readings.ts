/** Metrics of one process as plain data, which workers send to the primary. */
export interface Readings {
  /** Keys are names of metrics. */
  readonly series: Readonly<Record<string, readonly Series[]>>;
  /** Names in the current configuration; series of other names are removed. */
  readonly current: Readonly<Record<SeriesSubject, readonly string[]>>;
}

/** Kinds of objects whose series are removed with the object from the configuration. */
export type SeriesSubject = 'router' | 'service' | 'middleware' | 'store' | 'issuer';

/** One series of a metric. */
export interface Series {
  /** Labels as they are exposed: `entrypoint="web",code="200"`; empty for none. */
  readonly labels: string;
  /** Name of the router, service, middleware, store or issuer of the series; undefined for none. */
  readonly of: string | undefined;
  /** For a histogram, the sum of the observations. */
  readonly value: number;
  /** For a histogram only. */
  readonly buckets?: Buckets | undefined;
}

export interface Buckets {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Observations between each bound and the previous one; the last entry counts those above every bound. */
  readonly counts: readonly number[];
}
