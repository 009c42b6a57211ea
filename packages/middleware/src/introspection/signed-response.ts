import type { Claims } from '../claims/claims.ts';
import { readClaim } from '../claims/path.ts';
import { claimJson } from '../claims/text.ts';
import { checkParties, readTime } from '../jwt/claim-rules.ts';
import { refuseJwt, type JwtRefusal } from '../jwt/jwt-refusal.ts';
import { openKeys, type KeyParts } from '../jwt/open-keys.ts';
import { createVerifySignature } from '../jwt/verify-signature.ts';
import type { TokenFailure } from '../token/failure.ts';
import type { EndpointResponse } from '../token/response-failure.ts';
import type { IntrospectionRequestOptions } from './schema.ts';

/** A response about a token: the member `token_introspection`. */
export interface SignedResponse {
  readonly kind: 'response';
  /** JSON, every number as in the response. */
  readonly text: string;
  readonly json: unknown;
}

/**
 * Verifies a signed response and reads it. A failure: the keys could not be obtained.
 *
 * @param sentAtMs when the request was sent, in milliseconds since the epoch; an earlier response is a replay.
 */
export type ReadSignedResponse = (
  response: Pick<EndpointResponse, 'text' | 'headers'>,
  sentAtMs: number,
) => Promise<SignedResponse | JwtRefusal | TokenFailure>;

/** Type of the body, and of its header without the prefix. */
const mediaType = 'application/token-introspection+jwt';
const type = 'token-introspection+jwt';

/** Opens the keys of the signed responses (RFC 9701 section 5) of one endpoint. */
export function openSignedResponses(
  verify: NonNullable<IntrospectionRequestOptions['verify']>,
  { tls, proxy, timeoutSeconds, maxRetries }: IntrospectionRequestOptions['clientConfig'],
  parts: KeyParts,
): { readonly read: ReadSignedResponse; readonly close: () => Promise<void> } {
  const { jwksUrl, issuer = '', issuers, clockSkewMs } = verify;
  const keys = openKeys(
    {
      keys: jwksUrl === undefined ? { kind: 'issuer', issuer } : { kind: 'url', url: jwksUrl },
      issuers,
      // Headers may contain the gateway's credentials for the introspection endpoint, so they are not sent elsewhere.
      clientConfig: { tls, proxy, timeoutSeconds, maxRetries, headers: {} },
    },
    parts,
  );
  const verifySignature = createVerifySignature({ ...verify, type }, keys);
  return {
    async read({ text, headers }, sentAtMs) {
      const found = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
      if (found !== mediaType)
        return refuse(
          `the response is not signed: Content-Type is ${found ?? 'missing'}, expected ${mediaType}`,
        );
      const outcome = await verifySignature(text.trim());
      if (outcome.kind !== 'signed') return outcome;
      const { claims } = outcome;
      return (
        checkParties(claims, verify) ??
        checkAge(claims, sentAtMs - clockSkewMs, parts.clock.now() + clockSkewMs) ??
        readContent(claims)
      );
    },
    close: () => keys.close(),
  };
}

const refuse = (reason: string): JwtRefusal =>
  refuseJwt('The introspection response is not accepted.', reason);

/** Nothing in a response identifies its request, so an old response could be passed off as a new one. */
function checkAge(claims: Claims, fromMs: number, untilMs: number): JwtRefusal | undefined {
  const iat = readTime(claims, 'iat');
  if (iat?.kind !== 'time')
    return refuse(iat === undefined ? 'iat is missing' : `iat is ${iat.shown}, expected a number`);
  // `iat` usually has whole seconds.
  if (iat.ms + 999 < fromMs) return refuse('iat is before the request, as if the response were replayed');
  return iat.ms > untilMs ? refuse('iat is in the future') : undefined;
}

function readContent(claims: Claims): SignedResponse | JwtRefusal {
  const content = readClaim(claims, ['token_introspection']);
  if (content === undefined) return refuse('token_introspection is missing');
  const text = claimJson(content);
  return { kind: 'response', text, json: JSON.parse(text) };
}
