/** Plain numbers of some requests, for the API. */
export interface RequestCounts {
  /** By status; `other` for a status that HTTP does not have. */
  readonly byStatus: Readonly<Record<string, number>>;
  /**
   * Upper bounds in milliseconds, and the number of requests between each bound and the one before; the last number is of those
   * above every bound.
   */
  readonly boundsMs: readonly number[];
  readonly durations: readonly number[];
}

/** Counts that the API reads. */
export interface RequestFigures {
  /** Of all entry points. */
  total(): RequestCounts;
  /** Undefined for an unknown router. */
  ofRouter(name: string): RequestCounts | undefined;
  /** Refusals by code. */
  refusals(): Readonly<Record<string, number>>;
}
