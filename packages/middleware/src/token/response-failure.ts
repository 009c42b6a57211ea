import type { Clock } from '../base/clock.ts';
import { readErrorResponse, type GrantProblem, type Withheld } from './error-response.ts';
import { createTokenFailure } from './failure.ts';
import type { TokenFailure } from './failure.ts';
import type { Attempt } from './retry.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { ServerError } from './server-error.ts';
import { isRegisteredError, provesAuthentication, readServerError } from './server-error.ts';

/** The head and body of a response of an authorization server. */
export interface EndpointResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON value; undefined when the text is not JSON. */
  readonly json: unknown;
}

export interface FailureContext {
  /** Names the endpoint: `the token endpoint`. */
  readonly server: string;
  readonly clock: Clock;
  /** Secrets to withhold from operators. */
  readonly withheld: Withheld;
}

type FailedAttempt = Attempt & { readonly outcome: TokenFailure };

/** Statuses of a success. 206 is missing because it is only a part of one. */
const granting: ReadonlySet<number> = new Set([200, 201, 202, 203]);

/** Reads the body of a response. */
export async function readResponse(response: Response): Promise<EndpointResponse> {
  const { status, headers } = response;
  // `text` removes a byte order mark.
  const text = await response.text();
  return { status, headers, text, json: parseJson(text) };
}

/**
 * The failure that a response reports; undefined for a success. A JSON body with an `error` comes from the server, whatever the status
 * (RFC 6749 section 5.2); otherwise the status decides.
 */
export function findFailure(response: EndpointResponse, context: FailureContext): FailedAttempt | undefined {
  const { server, clock, withheld } = context;
  const { status, headers, json } = response;
  const record = isRecord(json) ? json : undefined;
  const error = readServerError(status, record);
  const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'), clock.now());
  const said = error === undefined ? record : { error: error.code, error_description: error.description };
  const shown = (attempt: FailedAttempt): FailedAttempt => ({
    ...attempt,
    outcome: Object.freeze({ ...attempt.outcome, response: readErrorResponse(status, said, withheld) }),
  });
  if (error !== undefined) return shown(toServersFailure(server, status, error, retryAfterSeconds));
  if (status >= 400) return shown(toStatusFailure(server, status, retryAfterSeconds, json !== undefined));
  if (granting.has(status)) return undefined;
  return shown({
    outcome: createTokenFailure('response_invalid', `${server} responded with ${status}`),
    transient: false,
  });
}

/** A success that cannot be used. @param detail for callers. @param problem for operators. */
export function toInvalidResponse(
  { status, json }: EndpointResponse,
  detail: string,
  problem: GrantProblem,
  withheld: Withheld,
): FailedAttempt {
  const response = readErrorResponse(status, isRecord(json) ? json : undefined, withheld, problem);
  return { outcome: createTokenFailure('response_invalid', detail, { response }), transient: false };
}

/** The JSON value; undefined when the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function toServersFailure(
  server: string,
  status: number,
  error: ServerError,
  retryAfterSeconds: number | undefined,
): FailedAttempt {
  const { code, concerns } = error;
  const methodDoubt = provesAuthentication(status, error) ? undefined : 'strong';
  const oauthError = isRegisteredError(code) ? code : undefined;
  const summary = `${server} responded with ${status}`;
  // Callers may see the detail, so it contains a code only if a specification defines it.
  const detail = oauthError === undefined ? summary : `${summary} ${oauthError}`;
  if (concerns === 'server')
    return { outcome: createTokenFailure('unavailable', detail, { retryAfterSeconds }), transient: true };
  const reason = concerns === 'client' ? 'credentials_refused' : 'request_rejected';
  return { outcome: createTokenFailure(reason, detail, { oauthError, methodDoubt }), transient: false };
}

/** Statuses with which servers that use their own error format refuse a client. */
const refusing: ReadonlySet<number> = new Set([400, 403, 422]);

/** A response without an OAuth error: a status of the server, or of a firewall or proxy in front of it. */
function toStatusFailure(
  server: string,
  status: number,
  retryAfterSeconds: number | undefined,
  isJson: boolean,
): FailedAttempt {
  const detail = `${server} responded with ${status}`;
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
