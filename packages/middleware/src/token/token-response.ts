import type { AuthorizationServer, Client } from 'oauth4webapi';
import { processClientCredentialsResponse, ResponseBodyError } from 'oauth4webapi';
import type { Clock } from '../base/clock.ts';
import { decodeJwtPayload } from '../base/jwt.ts';
import { createAccessToken } from './access-token.ts';
import type { Credential } from './credential.ts';
import { readErrorResponse } from './error-response.ts';
import { createTokenFailure } from './failure.ts';
import { lifetimeSeconds, parseExpiresIn } from './lifetime.ts';
import type { Attempt } from './retry.ts';
import { parseRetryAfter } from './retry-after.ts';

/** Reads the answer to a token request: a token, or why there is none (RFC 6749 sections 5.1 and 5.2). */
export async function processTokenResponse(
  response: Response,
  sentAtMs: number,
  clock: Clock,
  credential?: Credential,
): Promise<Attempt> {
  const body = parseObject(await response.text());
  const { status } = response;
  const attempt =
    status === 200
      ? await processSuccess(body, sentAtMs, clock)
      : toFailedAttempt(
          status,
          await readErrorCode(status, body),
          parseRetryAfter(response.headers.get('retry-after'), clock.now()),
        );
  const { outcome } = attempt;
  if (outcome.kind === 'token') return attempt;
  return {
    ...attempt,
    outcome: Object.freeze({ ...outcome, response: readErrorResponse(status, body, credential) }),
  };
}

// oauth4webapi asks for these; neither an issuer nor a client ID occurs in an answer without an ID token.
const server: AuthorizationServer = Object.freeze({ issuer: 'https://authorization-server.invalid' });
const client: Client = Object.freeze({ client_id: 'client' });
const json = { 'content-type': 'application/json' };

async function processSuccess(
  body: Record<string, unknown>,
  sentAtMs: number,
  clock: Clock,
): Promise<Attempt> {
  const { access_token, token_type, expires_in } = body;
  const expiresIn = parseExpiresIn(expires_in);
  let value: string;
  try {
    // Only what is used is checked: a stray ID token or an odd `scope` does not spoil a good access token.
    const conform = new Response(JSON.stringify({ access_token, token_type }), { headers: json });
    const checked = await processClientCredentialsResponse(server, client, conform);
    if (checked.token_type !== 'bearer')
      return invalid('the token endpoint gave a token that is not a Bearer token');
    value = checked.access_token;
  } catch {
    return invalid('the token endpoint answered 200 without a Bearer token (RFC 6749 section 5.1)');
  }
  // Visible ASCII is what RFC 6749 appendix A.12 allows, less the space, which would end the header's token. RFC 6750's
  // narrower b64token is not insisted on: widely used servers issue `!`, `|` and `:`.
  if (!/^[\x21-\x7e]+$/.test(value))
    return invalid('the token endpoint gave a token with characters that no header can carry');
  const seconds = lifetimeSeconds(expiresIn, decodeJwtPayload(value), clock.now());
  const expiresAtMs = seconds === undefined ? undefined : sentAtMs + seconds * 1000;
  return { outcome: createAccessToken(value, sentAtMs, expiresAtMs), transient: false };
}

const invalid = (detail: string): Attempt => ({
  outcome: createTokenFailure('response_invalid', detail),
  transient: false,
});

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

async function readErrorCode(status: number, body: Record<string, unknown>): Promise<string | undefined> {
  if (status < 400 || status > 499) return undefined;
  try {
    // The challenge of a 401 and a wrong Content-Type must not hide the code in the body.
    await processClientCredentialsResponse(
      server,
      client,
      new Response(JSON.stringify({ error: body['error'] }), { status, headers: json }),
    );
  } catch (error) {
    if (error instanceof ResponseBodyError) return error.error;
  }
  return undefined;
}

/** RFC 6749 section 5.2. */
const registered: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);
/** Codes of other sections and RFCs that servers use here and that are just as final: RFC 6749 4.1.2.1, RFC 8707, RFC 9396. */
const alsoFinal: ReadonlySet<string> = new Set([
  'access_denied',
  'invalid_target',
  'invalid_authorization_details',
]);

function toFailedAttempt(
  status: number,
  code: string | undefined,
  retryAfterSeconds: number | undefined,
): Attempt {
  if (status < 400) return invalid(`the token endpoint answered ${status}`);
  const oauthError = code !== undefined && registered.has(code) ? code : undefined;
  const answered = `the token endpoint answered ${status}`;
  if (status >= 500 || status === 429 || status === 408) {
    return { outcome: createTokenFailure('unavailable', answered, { retryAfterSeconds }), transient: true };
  }
  const refused = status === 401 || oauthError === 'invalid_client' || oauthError === 'unauthorized_client';
  if (refused || oauthError !== undefined || (code !== undefined && alsoFinal.has(code))) {
    const detail = oauthError === undefined ? answered : `${answered} ${oauthError}`;
    const reason = refused ? 'credentials_refused' : 'request_rejected';
    return { outcome: createTokenFailure(reason, detail, { oauthError }), transient: false };
  }
  // No code of OAuth's: a firewall or a proxy spoke, not the server.
  return { outcome: createTokenFailure('unavailable', answered, { retryAfterSeconds }), transient: true };
}
