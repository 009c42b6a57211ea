import type { RefusalCode } from './refusal-code.ts';

/** The client that the token represents. */
export interface Subject {
  /** The client ID that was exchanged. */
  readonly clientId: string;
  /** Text of the claim in `usernameClaim`; undefined without the option or the claim. */
  readonly username: string | undefined;
  /** Expiry in milliseconds since the epoch, by this machine's clock; undefined for an unknown lifetime. */
  readonly expiresAt: number | undefined;
}

/** The request may pass. One frozen object per token and policy, without anything about a single request. */
export interface Allow {
  readonly allowed: true;
  readonly subject: Subject;
  /** Headers to set, name and value in turn, in Node's raw-header form; `authorization` first. */
  readonly setHeaders: readonly string[];
  /**
   * Caller headers to remove, in the form of `normalizeHeaderName` (lower case, every special character as `-`);
   * `authorization` and every forwarded name.
   */
  readonly removeHeaders: ReadonlySet<string>;
}

/** The request is refused: an expected result, not an exception. */
export interface Deny {
  readonly allowed: false;
  readonly code: RefusalCode;
  /** HTTP status code. */
  readonly status: number;
  /** Short and fixed per code, for the `title` of RFC 9457. */
  readonly title: string;
  /** For readers; contains no secret, token or server body. */
  readonly detail: string;
  /** Value of `WWW-Authenticate`; undefined for none. */
  readonly challenge: string | undefined;
  /** Value of `Retry-After` in seconds; undefined for none. */
  readonly retryAfterSeconds: number | undefined;
  /** The client ID that the caller presented, unchanged; undefined when it presented none. Not sent. */
  readonly clientId?: string | undefined;
  /** More detailed reason for operators: the failed conditions of `claims`. Not sent. */
  readonly reason?: string | undefined;
}

export type Decision = Allow | Deny;

/** Facts about a request that a decision needs. */
export interface DecisionFacts {
  /** Value of the `Authorization` header; undefined when absent. Join several such headers with `, `. */
  readonly authorization: string | undefined;
}
