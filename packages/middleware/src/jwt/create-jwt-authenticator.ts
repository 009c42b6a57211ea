import { clientIdOf } from '../claims/client-id.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createCredentialSource } from '../credentials/credential-source.ts';
import type { Deny } from '../decision/decision.ts';
import { createDeny } from '../decision/refusals.ts';
import { describeForOperators, type TokenFailure } from '../token/failure.ts';
import {
  createBearerAuthenticator,
  type BearerAuthenticator,
  type BearerAuthenticatorParts,
} from './bearer-authenticator.ts';
import { openKeys, type KeyParts } from './open-keys.ts';
import type { JwtOptions } from './schema.ts';
import { createVerifyJwt, type JwtOutcome } from './verify-jwt.ts';

/** Decides on requests for one `jwt` middleware. `close` also ends the trust in every key. */
export interface JwtAuthenticator<Request extends CredentialRequest> extends BearerAuthenticator<Request> {
  /** Verifies a token without considering its caller, cache and policy: for explanations. */
  readonly verify: (token: string) => Promise<JwtOutcome>;
}

export interface JwtAuthenticatorParts<Request> extends KeyParts, BearerAuthenticatorParts<Request> {}

/** Creates an authenticator from options that `parseJwt` has parsed. */
export function createJwtAuthenticator<Request extends CredentialRequest>(
  options: JwtOptions,
  parts: JwtAuthenticatorParts<Request>,
): JwtAuthenticator<Request> {
  const { clock } = parts;
  const { requireBinding, clockSkewMs, store } = options;
  const schemes = toSchemes(options);
  const keys = openKeys(options, parts);
  const verify = createVerifyJwt(options, keys, clock);
  const authenticator = createBearerAuthenticator<Request>(
    {
      source: createCredentialSource({
        header: 'Authorization',
        schemes,
        query: options.tokenQueryKey,
        cookie: undefined,
        syntax: 'b64token',
        noun: 'token',
      }),
      ...{ schemes, claims: options, scopesOf: options.claims, forwards: options.forwardAuthorization },
      ...{ requireBinding, clockSkewMs, store },
      scope: ['jwt', options.keys.kind, options.issuers, options.audience],
      async verify(token, deny) {
        const outcome = await verify(token);
        if (outcome.kind === 'failure') return { kind: 'refusal', deny: toUnavailable(outcome) };
        if (outcome.kind === 'refused') {
          const { detail, reason } = outcome;
          return { kind: 'refusal', deny: deny('token_invalid', detail, { reason }) };
        }
        const { claims, key, expiresAtMs } = outcome;
        return {
          kind: 'identity',
          clientId: clientIdOf(claims),
          claims,
          callerClaims: claims,
          expiresAtMs: clock.monotonic() + expiresAtMs - clock.now(),
          trust: key.trust,
        };
      },
      close: () => keys.close(),
    },
    parts,
  );
  return Object.freeze({ ...authenticator, verify });
}

const toSchemes = ({ requireBinding }: JwtOptions): readonly string[] =>
  requireBinding === 'dpop' ? ['DPoP'] : requireBinding === 'any' ? ['DPoP', 'Bearer'] : ['Bearer'];

/** A failure to obtain keys is no evidence about the token. */
function toUnavailable(failure: TokenFailure): Deny {
  const code =
    failure.reason === 'timeout' ? 'authorization_server_timeout' : 'authorization_server_unavailable';
  return createDeny(
    code,
    'The keys that tokens are signed with cannot be obtained.',
    failure.retryAfterSeconds,
    { reason: describeForOperators(failure) },
  );
}
