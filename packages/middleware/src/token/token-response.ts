import type { Clock } from '../base/clock.ts';
import type { Credential } from './credential.ts';
import { readErrorResponse, type GrantProblem } from './error-response.ts';
import { createTokenFailure } from './failure.ts';
import type { TokenFailure } from './failure.ts';
import type { GrantRules } from './granted-token.ts';
import { plainGrantRules, readGrantedToken } from './granted-token.ts';
import { parseHttpDate } from './http-date.ts';
import type { Attempt } from './retry.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { ServerError } from './server-error.ts';
import { isRegisteredError, provesAuthentication, readServerError } from './server-error.ts';

/** What a response is read with. */
export interface ResponseContext {
  /** `Clock.monotonic()` milliseconds when the request was sent. */
  readonly sentAtMs: number;
  readonly clock: Clock;
  readonly credential?: Credential | undefined;
  readonly rules?: GrantRules;
  /** Called with the body of a response that grants a token. */
  readonly onGrant?: OnGrant | undefined;
}

export type OnGrant = (body: Readonly<Record<string, unknown>>) => void;

/** Statuses that carry a token. 206 would be a part of one. */
const granting: ReadonlySet<number> = new Set([200, 201, 202, 203]);

/**
 * Reads the response to a token request: a token, or why there is none (RFC 6749 sections 5.1 and 5.2). A JSON body with an
 * `error` comes from the server, whatever the status; otherwise the status decides.
 */
export async function processTokenResponse(response: Response, context: ResponseContext): Promise<Attempt> {
  const { sentAtMs, clock, credential, rules = plainGrantRules } = context;
  const { status, headers } = response;
  // `text` removes a byte order mark.
  const text = await response.text();
  const body = parseJson(text);
  const record = isRecord(body) ? body : undefined;
  const error = readServerError(status, record);
  const fail = (attempt: FailedAttempt, problem?: GrantProblem): Attempt => {
    const said = error === undefined ? record : { error: error.code, error_description: error.description };
    const shown = readErrorResponse(status, said, credential, problem);
    return { ...attempt, outcome: Object.freeze({ ...attempt.outcome, response: shown }) };
  };
  const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'), clock.now());
  if (error !== undefined) return fail(toServersFailure(status, error, retryAfterSeconds));
  if (status >= 400) return fail(toStatusFailure(status, retryAfterSeconds, body !== undefined));
  if (!granting.has(status)) return fail(invalid(`the token endpoint responded with ${status}`));
  const dateMs = parseHttpDate(headers.get('date') ?? '');
  const granted = readGrantedToken({ text, body }, rules, sentAtMs, {
    sentAt: (clock.now() - (clock.monotonic() - sentAtMs)) / 1000,
    serverDate: dateMs === undefined ? undefined : dateMs / 1000,
  });
  if ('kind' in granted) {
    context.onGrant?.(record ?? {});
    return { outcome: granted, transient: false };
  }
  return fail(
    invalid(`the token endpoint responded with ${status} without a Bearer token (RFC 6749 section 5.1)`),
    granted,
  );
}

type FailedAttempt = Attempt & { readonly outcome: TokenFailure };

const invalid = (detail: string): FailedAttempt => ({
  outcome: createTokenFailure('response_invalid', detail),
  transient: false,
});

/** The JSON value; undefined when the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function toServersFailure(
  status: number,
  error: ServerError,
  retryAfterSeconds: number | undefined,
): FailedAttempt {
  const { code, concerns } = error;
  const methodDoubt = provesAuthentication(status, error) ? undefined : 'strong';
  const oauthError = isRegisteredError(code) ? code : undefined;
  const answered = `the token endpoint responded with ${status}`;
  // Callers may see the detail: it contains a code only if RFC 6749 defines it.
  const detail = oauthError === undefined ? answered : `${answered} ${oauthError}`;
  if (concerns === 'server')
    return { outcome: createTokenFailure('unavailable', detail, { retryAfterSeconds }), transient: true };
  const reason = concerns === 'client' ? 'credentials_refused' : 'request_rejected';
  return { outcome: createTokenFailure(reason, detail, { oauthError, methodDoubt }), transient: false };
}

/** Statuses with which servers that have their own error format refuse a client. */
const refusing: ReadonlySet<number> = new Set([400, 403, 422]);

/** A response without an OAuth error: a status of the server, or of a firewall or proxy in front of it. */
function toStatusFailure(
  status: number,
  retryAfterSeconds: number | undefined,
  isJson: boolean,
): FailedAttempt {
  const detail = `the token endpoint responded with ${status}`;
  if (status === 401)
    return {
      outcome: createTokenFailure('credentials_refused', detail, { methodDoubt: 'strong' }),
      transient: false,
    };
  const methodDoubt = !refusing.has(status) ? undefined : isJson && status !== 403 ? 'strong' : 'weak';
  return {
    outcome: createTokenFailure('unavailable', detail, { retryAfterSeconds, methodDoubt }),
    transient: true,
  };
}
