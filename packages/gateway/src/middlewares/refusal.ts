/** A request that a step refuses: an expected result, no exception. A denial of `oAuthClientCredentials` is one. */
export interface StepRefusal {
  readonly allowed: false;
  /** Stable, for callers and logs. */
  readonly code: string;
  /** HTTP status code. */
  readonly status: number;
  /** Short and fixed per code, for the `title` of RFC 9457. */
  readonly title: string;
  /** For people; holds no secret. */
  readonly detail: string;
  /** Value of `WWW-Authenticate`; undefined for none. */
  readonly challenge: string | undefined;
  /** Value of `Retry-After` in seconds; undefined for none. */
  readonly retryAfterSeconds: number | undefined;
  /** The client that the caller says it is; not sent. */
  readonly clientId?: string | undefined;
  /** Why, for operators; not sent. */
  readonly reason?: string | undefined;
}

/** A refusal of one kind of middleware, with what the reference says about it. */
export interface RefusalOfKind {
  readonly refusal: StepRefusal;
  /** When a request is refused so. */
  readonly meaning: string;
}

/** Defines a refusal of a kind; its code is of that kind alone. */
export function defineRefusal(
  refusal: Pick<StepRefusal, 'code' | 'status' | 'title' | 'detail'> &
    Partial<Pick<StepRefusal, 'challenge' | 'retryAfterSeconds'>>,
  meaning: string,
): RefusalOfKind {
  return Object.freeze({
    refusal: Object.freeze({
      allowed: false,
      challenge: undefined,
      retryAfterSeconds: undefined,
      ...refusal,
    }),
    meaning,
  });
}
