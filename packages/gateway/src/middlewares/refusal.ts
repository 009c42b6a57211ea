import type { Deny } from '@grantgate/middleware/decision/decision';

/** A refusal by a step, in the form of a decision of `oAuthClientCredentials`; its code may belong to another kind of middleware. */
export interface StepRefusal extends Omit<Deny, 'code'> {
  /** Headers besides those of every refusal, name and value in turn. Default: none. */
  readonly headers?: readonly string[] | undefined;
  /** Stable, for callers and logs. */
  readonly code: string;
}

/** A refusal as written to the caller, from a step or from the gateway itself. */
export interface Refusal extends Omit<StepRefusal, 'allowed'> {
  /** Qualified name of the middleware that refused; the caller is not told. */
  readonly middleware?: string;
}

/** A refusal of one kind of middleware, with its entry in the reference. */
export interface RefusalOfKind {
  readonly refusal: StepRefusal;
  /** The condition under which a request is refused. */
  readonly meaning: string;
}

/** Defines a refusal of a kind; no other kind uses its code. */
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
