import type { OptionProblem } from './options/report.ts';

/** Reasons for a missing token of an outgoing call. */
export type TokenErrorCode =
  | 'credentials_refused'
  | 'token_request_rejected'
  | 'token_response_invalid'
  | 'authorization_server_unavailable'
  | 'authorization_server_timeout';

/** Every `code` of an error that this package throws. */
export type ErrorCode = 'options_invalid' | TokenErrorCode;

/** Invalid options; thrown at construction, with all problems at once. */
export class OptionsError extends Error {
  readonly code: Extract<ErrorCode, 'options_invalid'> = 'options_invalid';
  readonly problems: readonly OptionProblem[];

  constructor(problems: readonly OptionProblem[]) {
    super(problems.map((problem) => `${problem.path.join('.') || 'options'}: ${problem.message}`).join('\n'));
    this.name = 'OptionsError';
    this.problems = problems;
  }
}

/** No token could be obtained; thrown for outgoing calls. Contains no secret, no token and nothing of the server's body. */
export class TokenError extends Error {
  readonly code: TokenErrorCode;
  /** Seconds after which a retry makes sense, when the authorization server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: TokenErrorCode, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = 'TokenError';
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
