import type { Clock } from '../base/clock.ts';
import { createAccessToken, type AccessToken } from '../token/access-token.ts';
import type { GrantProblem, Withheld } from '../token/error-response.ts';
import { describeBody } from '../token/granted-token.ts';
import { parseHttpDate } from '../token/retry-after.ts';
import {
  findFailure,
  isRecord,
  readResponse,
  toInvalidResponse,
  type EndpointResponse,
} from '../token/response-failure.ts';
import type { Attempt } from '../token/retry.ts';
import type { ReadSignedResponse } from './signed-response.ts';

/** Milliseconds for which a token that is not active is refused without another request. */
const inactiveMs = 5_000;

/** The members of every response about an inactive token; others are not used. */
const inactive = JSON.stringify({ active: false });

export interface IntrospectionContext {
  /** `Clock.monotonic()` milliseconds when the request was sent. */
  readonly sentAtMs: number;
  readonly clock: Clock;
  /** Secrets to withhold from operators. */
  readonly withheld: Withheld;
  /** Maximum milliseconds for which a response is used; 0: once. */
  readonly maxCacheMs: number;
  /** Reads a signed response (RFC 9701); undefined: responses are plain JSON. */
  readonly readSigned: ReadSignedResponse | undefined;
}

export const introspectionServer = 'the introspection endpoint';

/**
 * Reads an introspection response (RFC 7662 section 2.2). The result is an `AccessToken` whose value is the response, so that a store
 * shares both in the same way and for as long.
 */
export async function processIntrospectionResponse(
  response: Response,
  context: IntrospectionContext,
): Promise<Attempt> {
  const { clock, withheld, readSigned, sentAtMs } = context;
  const received = await readResponse(response);
  const failed = findFailure(received, { server: introspectionServer, clock, withheld });
  if (failed !== undefined) return failed;
  const { headers } = received;
  const said = await readSigned?.(received, clock.now() - (clock.monotonic() - sentAtMs));
  if (said?.kind === 'failure') return { outcome: said, transient: false };
  const { text, json } = said?.kind === 'response' ? said : received;
  const read =
    said?.kind === 'refused'
      ? { problem: said.reason }
      : isRecord(json)
        ? readIntrospection({ text, json, headers }, context)
        : describeBody(text, json);
  return 'kind' in read
    ? { outcome: read, transient: false }
    : toInvalidResponse(
        received,
        `${introspectionServer} sent an invalid response (${readSigned === undefined ? 'RFC 7662 section 2.2' : 'RFC 9701 section 5'})`,
        read,
        withheld,
      );
}

function readIntrospection(
  {
    text,
    json,
    headers,
  }: Pick<EndpointResponse, 'text' | 'headers'> & { readonly json: Readonly<Record<string, unknown>> },
  { sentAtMs, clock, maxCacheMs }: IntrospectionContext,
): AccessToken | GrantProblem {
  const { active, exp } = json;
  if (typeof active !== 'boolean')
    return { problem: active === undefined ? 'active is missing' : 'active is not a boolean' };
  const invalid = ['exp', 'iat', 'nbf'].find((name) => !isTime(json[name]));
  if (active && invalid !== undefined) return { problem: `${invalid} is not a number` };
  // By the server's clock, so that a wrong local clock does no harm.
  const sentAt = clock.now() - (clock.monotonic() - sentAtMs);
  const now = parseHttpDate(headers.get('date') ?? '') ?? sentAt;
  const leftMs = active && typeof exp === 'number' ? exp * 1000 - now : Infinity;
  const isActive = active && leftMs > 0;
  const usedMs = Math.min(maxCacheMs, isActive ? leftMs : inactiveMs);
  return createAccessToken(
    Buffer.from(isActive ? text : inactive).toString('base64url'),
    sentAtMs,
    maxCacheMs === 0 ? undefined : sentAtMs + usedMs,
  );
}

const isTime = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'number' && Number.isFinite(value));
