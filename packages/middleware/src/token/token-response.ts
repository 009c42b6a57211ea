import type { Clock } from '../base/clock.ts';
import type { Withheld } from './error-response.ts';
import type { GrantRules } from './granted-token.ts';
import type { ResponseTimes } from './lifetime.ts';
import { plainGrantRules, readGrantedToken } from './granted-token.ts';
import { findFailure, isRecord, readResponse, toInvalidResponse } from './response-failure.ts';
import type { Attempt } from './retry.ts';
import { parseHttpDate } from './retry-after.ts';

/** Options for reading a response. */
export interface ResponseContext {
  /** `Clock.monotonic()` milliseconds when the request was sent. */
  readonly sentAtMs: number;
  readonly clock: Clock;
  /** Secrets to withhold from operators. */
  readonly withheld?: Withheld;
  readonly rules?: GrantRules;
  /** Called with the body of a response that grants a token. */
  readonly onGrant?: OnGrant | undefined;
}

export type OnGrant = (body: Readonly<Record<string, unknown>>, times: ResponseTimes) => void;

const server = 'the token endpoint';

/** Reads the response to a token request: a token, or the reason why there is none (RFC 6749 sections 5.1 and 5.2). */
export async function processTokenResponse(response: Response, context: ResponseContext): Promise<Attempt> {
  const { sentAtMs, clock, withheld, rules = plainGrantRules } = context;
  const received = await readResponse(response);
  const failed = findFailure(received, { server, clock, withheld });
  if (failed !== undefined) return failed;
  const { status, headers, text, json } = received;
  const dateMs = parseHttpDate(headers.get('date') ?? '');
  const times: ResponseTimes = {
    sentAt: (clock.now() - (clock.monotonic() - sentAtMs)) / 1000,
    serverDate: dateMs === undefined ? undefined : dateMs / 1000,
  };
  const granted = readGrantedToken({ text, body: json }, rules, sentAtMs, times);
  if ('kind' in granted) {
    context.onGrant?.(isRecord(json) ? json : {}, times);
    return { outcome: granted, transient: false };
  }
  const detail = `${server} responded with ${status} without a Bearer token (RFC 6749 section 5.1)`;
  return toInvalidResponse(received, detail, granted, withheld);
}
