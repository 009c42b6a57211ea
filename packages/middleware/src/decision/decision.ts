import type { RefusalCode } from './refusal-code.ts';

/** Who the token speaks for. */
export interface Subject {
  /** The client ID that was exchanged. */
  readonly clientId: string;
  /** Text of the claim that `usernameClaim` names; undefined without the option or without the claim. */
  readonly username: string | undefined;
  /** Milliseconds since the epoch, by this machine's clock, after which the token is not used; undefined when no lifetime is known. */
  readonly expiresAt: number | undefined;
}

/** The request may pass. One frozen object per token and policy: nothing in it belongs to a single request. */
export interface Allow {
  readonly allowed: true;
  readonly subject: Subject;
  /** Headers to send, name and value in turn, ready for Node's raw-header form; `authorization` first. */
  readonly setHeaders: readonly string[];
  /** Caller headers to drop, as `normalizeHeaderName` writes them (lower case, every sign as `-`); `authorization` and every forwarded name. */
  readonly removeHeaders: ReadonlySet<string>;
}

/** The request is refused: an expected answer, not an exception. */
export interface Deny {
  readonly allowed: false;
  readonly code: RefusalCode;
  /** HTTP status code. */
  readonly status: number;
  /** Short and fixed per code, for the `title` of RFC 9457. */
  readonly title: string;
  /** For people; holds no secret, token or server body. */
  readonly detail: string;
  /** Value of `WWW-Authenticate`; undefined for none. */
  readonly challenge: string | undefined;
  /** Value of `Retry-After` in seconds; undefined for none. */
  readonly retryAfterSeconds: number | undefined;
  /** The client ID that the caller presented, as it stood there; undefined when it presented none. Not sent. */
  readonly clientId?: string | undefined;
  /** Why, for operators, where there is more to say: the conditions of `claims` that fail. Not sent. */
  readonly reason?: string | undefined;
}

export type Decision = Allow | Deny;
