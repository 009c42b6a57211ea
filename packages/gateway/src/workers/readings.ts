/** What one process has counted, as plain data: it goes from workers to the primary. */
export interface Readings {
  /** By name of the metric. */
  readonly series: Readonly<Record<string, readonly Series[]>>;
  /** Names that the configuration in use has: series of others are of the past. */
  readonly current: Readonly<Record<SeriesSubject, readonly string[]>>;
}

/** Kinds of objects whose series are removed with the object from the configuration. */
export type SeriesSubject = 'router' | 'service' | 'middleware' | 'store' | 'issuer';

/** One series of a metric. */
export interface Series {
  /** As they are exposed: `entrypoint="web",code="200"`; empty for none. */
  readonly labels: string;
  /** Name of the router, service, middleware, store or issuer that it is about; undefined for none. */
  readonly of: string | undefined;
  /** Of a histogram, the sum of what was observed. */
  readonly value: number;
  /** Of a histogram alone. */
  readonly buckets?: Buckets | undefined;
}

export interface Buckets {
  /** They grow. */
  readonly bounds: readonly number[];
  /** Observations up to each bound and above the one before; the last are those above every bound. */
  readonly counts: readonly number[];
}
