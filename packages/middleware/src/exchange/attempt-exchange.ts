import type { ClientAuth } from 'oauth4webapi';
import type { Clock } from '../base/clock.ts';
import { decodeJwtPayload } from '../base/jwt.ts';
import { createAccessToken, type AccessToken } from '../token/access-token.ts';
import { attemptTokenRequest } from '../token/attempt.ts';
import type { TokenEndpointOptions } from '../token/endpoint.ts';
import type { EndpointRequest } from '../token/endpoint-client.ts';
import { toShownText } from '../token/error-response.ts';
import { createTokenFailure } from '../token/failure.ts';
import type { ResponseTimes } from '../token/lifetime.ts';
import type { Attempt } from '../token/retry.ts';
import type { Transport } from '../token/transport.ts';
import { toGrant } from './exchange-grant.ts';
import type { ExchangeGrant } from './schema.ts';

export interface ExchangeAttemptOptions {
  readonly endpoint: TokenEndpointOptions;
  readonly grant: ExchangeGrant;
}

/** Sends one request that exchanges a token, and reads its response (RFC 8693 section 2); failures are values. */
export async function attemptExchange(
  { endpoint, grant }: ExchangeAttemptOptions,
  clock: Clock,
  { client, subject, actor }: EndpointRequest,
  clientAuth: ClientAuth,
  transport: Transport,
): Promise<Attempt> {
  let issuedType: unknown;
  let respondedAt: number | undefined;
  const attempt = await attemptTokenRequest(
    endpoint,
    {
      transport,
      clock,
      grant: toGrant(grant, subject, actor),
      withheld: actor === undefined ? [client, subject] : [client, subject, actor],
      onGrant(body, times) {
        issuedType = body['issued_token_type'];
        respondedAt = toSeconds(times);
      },
    },
    client,
    clientAuth,
  );
  const { outcome } = attempt;
  if (outcome.kind === 'failure' || respondedAt === undefined) return attempt;
  const problem = findOtherType(issuedType, grant);
  if (problem !== undefined)
    return {
      outcome: createTokenFailure(
        'response_invalid',
        'the token endpoint issued a token of another type (RFC 8693 section 2.2.1)',
        { response: { status: 200, error: undefined, errorDescription: undefined, problem } },
      ),
      transient: false,
    };
  return { outcome: limit(outcome, subject.clientSecret.reveal(), respondedAt), transient: false };
}

/** By the server's clock, so that a wrong local clock does no harm. */
const toSeconds = ({ serverDate, sentAt }: ResponseTimes): number => serverDate ?? sentAt;

const ofType = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`;

/** Types that are not access tokens (RFC 8693 section 3). */
const otherTypes: ReadonlySet<string> = new Set(
  ['refresh_token', 'id_token', 'saml1', 'saml2'].map((name) => ofType(name)),
);

/** If a server issues a different type than requested, it must not reach the upstream as an access token. */
function findOtherType(issued: unknown, grant: ExchangeGrant): string | undefined {
  if (grant.method !== 'rfc8693' || typeof issued !== 'string') return undefined;
  if (!otherTypes.has(issued) || issued === grant.requestedTokenType) return undefined;
  return `issued_token_type is ${JSON.stringify(toShownText(issued, 100) ?? '')}`;
}

/** Milliseconds before expiry (or a tenth of the lifetime) at which use of a token ends, because it must still reach the upstream. */
const marginMs = 5_000;

/**
 * The token with the lifetime for which it may replace the subject token: no longer than the subject token, when its expiry is known. If
 * the subject token has expired, the new token is not used.
 *
 * @param respondedAt seconds since the epoch.
 */
function limit(token: AccessToken, subjectToken: string, respondedAt: number): AccessToken {
  const { value, obtainedAtMs, expiresAtMs, type } = token;
  if (expiresAtMs === undefined) return token;
  const exp = readExpiry(subjectToken);
  const subjectMs = exp === undefined ? Infinity : Math.max(0, (exp - respondedAt) * 1000);
  const lifetimeMs = Math.min(expiresAtMs - obtainedAtMs, subjectMs);
  const usableMs = lifetimeMs - Math.min(marginMs, lifetimeMs / 10);
  return createAccessToken(value, obtainedAtMs, obtainedAtMs + usableMs, type);
}

/** Claim `exp` of a JWT in seconds; undefined for an opaque token, and without one. */
function readExpiry(token: string): number | undefined {
  const payload = decodeJwtPayload(token);
  if (payload === undefined) return undefined;
  const { exp } = JSON.parse(payload) as { readonly exp?: unknown };
  return typeof exp === 'number' ? exp : undefined;
}
