import type { Clock } from '../base/clock.ts';
import type { Stores } from '../cache/stores.ts';
import { clientIdOf } from '../claims/client-id.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createCredentialSource, type CredentialSource } from '../credentials/credential-source.ts';
import { createBearerDeny, type BearerDeny, type BearerDenyOptions } from '../decision/bearer-deny.ts';
import type { Deny } from '../decision/decision.ts';
import { createDeny } from '../decision/refusals.ts';
import { describeForOperators, type TokenFailure } from '../token/failure.ts';
import { createBearerRefusals } from '../verification/bearer-refusals.ts';
import {
  createCallerDecide,
  type CallerAuthentication,
  type OnAllow,
} from '../verification/create-caller-decide.ts';
import { createCredentialCache, type CredentialCache } from '../verification/credential-cache.ts';
import type { Verification } from '../verification/verification.ts';
import { createConfirm, type CallerProofs } from './binding.ts';
import { createCheckProof } from './dpop.ts';
import { openKeys, type KeyParts } from './open-keys.ts';
import type { JwtOptions } from './schema.ts';
import { createUsedProofs } from './used-proofs.ts';
import { createVerifyJwt, type JwtOutcome } from './verify-jwt.ts';

/** Decides on requests for one `jwt` middleware. */
export interface JwtAuthenticator<Request extends CredentialRequest> extends CallerAuthentication<Request> {
  readonly source: CredentialSource;
  /** For further checks of the same tokens. */
  readonly deny: BearerDeny;
  /** Verifies a token without considering its caller, cache and policy: for explanations. */
  readonly verify: (token: string) => Promise<JwtOutcome>;
  /** Closes connections, and ends the trust in every key. */
  readonly close: () => Promise<void>;
}

export interface JwtAuthenticatorParts<Request> extends KeyParts {
  readonly clock: Clock;
  readonly proofs: CallerProofs<Request>;
  /** Default: none; this process alone remembers used proofs. */
  readonly stores?: Stores | undefined;
  /** Default: a separate cache. */
  readonly cache?: CredentialCache | undefined;
  /** Realm and other parts of refusals; the schemes are those that the options accept. */
  readonly challenge?: Pick<BearerDenyOptions, 'realm' | 'resourceMetadata'> | undefined;
  /** Default: nothing. */
  readonly onAllow?: OnAllow | undefined;
}

/** Creates an authenticator from options that `parseJwt` has parsed. */
export function createJwtAuthenticator<Request extends CredentialRequest>(
  options: JwtOptions,
  parts: JwtAuthenticatorParts<Request>,
): JwtAuthenticator<Request> {
  const { clock, proofs, cache = createCredentialCache({ clock }), challenge, onAllow } = parts;
  const { requireBinding: required, clockSkewMs, forwardAuthorization: forwards } = options;
  const schemes = toSchemes(options);
  const source = createCredentialSource({
    header: 'Authorization',
    schemes,
    query: options.tokenQueryKey,
    cookie: undefined,
    syntax: 'b64token',
    noun: 'token',
  });
  const { realm, resourceMetadata } = challenge ?? {};
  const deny = createBearerDeny({ realm, schemes, resourceMetadata });
  const keys = openKeys(options, parts);
  const verify = createVerifyJwt(options, keys, clock);
  const used = createUsedProofs({
    clock,
    scope: ['jwt', options.keys.kind, options.issuers, options.audience],
    stores: parts.stores,
    store: options.store,
  });
  const binding = { required, proofs, checkProof: createCheckProof(clock, clockSkewMs, used), deny };
  const toVerification = (
    value: string,
    scheme: string | undefined,
    outcome: JwtOutcome,
  ): Verification<Request> => {
    if (outcome.kind === 'failure') return { kind: 'refusal', deny: toUnavailable(outcome) };
    if (outcome.kind === 'refused') {
      const { detail, reason } = outcome;
      return { kind: 'refusal', deny: deny('token_invalid', detail, { reason }) };
    }
    const { claims, key, expiresAtMs } = outcome;
    const clientId = clientIdOf(claims);
    const bound = createConfirm<Request>({ value, scheme, claims, clientId }, binding);
    if ('refusal' in bound) return { kind: 'refusal', deny: bound.refusal };
    return {
      kind: 'identity',
      clientId,
      claims,
      expiresAtMs: clock.monotonic() + expiresAtMs - clock.now(),
      trust: key.trust,
      confirm: bound.confirm,
    };
  };
  const authentication = createCallerDecide<Request>({
    source,
    claims: options,
    verify: async (value, scheme) => toVerification(value, scheme, await verify(value)),
    refusals: createBearerRefusals(deny, options.claims),
    forwards,
    cache,
    clock,
    onAllow,
  });
  return Object.freeze({
    ...authentication,
    source,
    deny,
    verify,
    async close() {
      authentication.purge();
      await keys.close();
      await used.close();
    },
  });
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
