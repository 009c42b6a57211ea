/** Plain numbers of some requests, for the API. */
export interface RequestCounts {
  /** By status; `other` for one that HTTP does not have. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Upper bounds in milliseconds, and requests up to each and above the one before; the last are those above every bound. */
  readonly boundsMs: readonly number[];
  readonly durations: readonly number[];
}

/** Counts that the API reads. */
export interface RequestFigures {
  /** Of every entry point. */
  total(): RequestCounts;
  /** Undefined for a router that does not exist. */
  ofRouter(name: string): RequestCounts | undefined;
  /** Refusals by code. */
  refusals(): Readonly<Record<string, number>>;
}
