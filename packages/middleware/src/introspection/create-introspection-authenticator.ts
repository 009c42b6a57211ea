import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createCredentialSource, type CredentialSource } from '../credentials/credential-source.ts';
import { clientIdOf } from '../claims/client-id.ts';
import { createBearerDeny, type BearerDeny, type BearerDenyOptions } from '../decision/bearer-deny.ts';
import { toFailureDeny } from '../decision/failure-deny.ts';
import { createBearerRefusals } from '../verification/bearer-refusals.ts';
import {
  createCallerDecide,
  type CallerAuthentication,
  type OnAllow,
} from '../verification/create-caller-decide.ts';
import { createCredentialCache, type CredentialCache } from '../verification/credential-cache.ts';
import { createConfirm, type CallerProofs } from '../jwt/binding.ts';
import { createCheckProof } from '../jwt/dpop.ts';
import { createUsedProofs } from '../jwt/used-proofs.ts';
import type { Verification } from '../verification/verification.ts';
import {
  createIntrospection,
  type IntrospectionOutcome,
  type IntrospectionParts,
} from './create-introspection.ts';
import type { IntrospectionOptions } from './schema.ts';

/** Decides on requests for one `oAuthIntrospection` middleware. */
export interface IntrospectionAuthenticator<
  Request extends CredentialRequest,
> extends CallerAuthentication<Request> {
  readonly source: CredentialSource;
  /** For further checks of the same tokens. */
  readonly deny: BearerDeny;
  /** Introspects a token without considering its caller and policy: for explanations. */
  readonly introspect: (token: string) => Promise<IntrospectionOutcome>;
  readonly close: () => Promise<void>;
}

export interface IntrospectionAuthenticatorParts<Request> extends IntrospectionParts {
  /** Evidence about callers: a token that is bound to a certificate or a key needs its proof. */
  readonly proofs: CallerProofs<Request>;
  /** Default: a separate cache. */
  readonly cache?: CredentialCache | undefined;
  /** Of refusals. */
  readonly challenge?: Pick<BearerDenyOptions, 'realm' | 'resourceMetadata'> | undefined;
  /** Default: nothing. */
  readonly onAllow?: OnAllow | undefined;
}

/** Milliseconds that the clocks of caller and gateway may differ in a proof (RFC 9449 section 4.3). */
const proofSkewMs = 30_000;

/** Creates an authenticator from options that `parseIntrospection` has parsed. */
export function createIntrospectionAuthenticator<Request extends CredentialRequest>(
  options: IntrospectionOptions,
  parts: IntrospectionAuthenticatorParts<Request>,
): IntrospectionAuthenticator<Request> {
  const { clock, proofs, cache = createCredentialCache({ clock }), tally, challenge, onAllow } = parts;
  const { tokenSource, forwardAuthorization: forwards } = options;
  const source = createCredentialSource({ ...tokenSource, syntax: 'visible', noun: 'token' });
  const { realm, resourceMetadata } = challenge ?? {};
  const { schemes } = tokenSource;
  const deny = createBearerDeny({ realm, resourceMetadata, ...(schemes.length > 0 && { schemes }) });
  const used = createUsedProofs({
    clock,
    scope: ['introspection', options.url, options.issuers, options.audience],
    stores: parts.stores,
    store: options.store,
  });
  const binding = {
    required: undefined,
    proofs,
    checkProof: createCheckProof(clock, proofSkewMs, used),
    deny,
  };
  const introspection = createIntrospection(options, parts);
  const toVerification = (
    value: string,
    scheme: string | undefined,
    outcome: IntrospectionOutcome,
  ): Verification<Request> => {
    if (outcome.kind === 'failure')
      return { kind: 'refusal', deny: toFailureDeny(outcome, 'gateway_credentials_refused', undefined) };
    if (outcome.kind === 'inactive') {
      const { detail, reason, rememberMs } = outcome;
      return { kind: 'refusal', deny: deny('token_invalid', detail, { reason }), rememberMs };
    }
    const { claims, expiresAtMs } = outcome;
    const clientId = clientIdOf(claims);
    const bound = createConfirm<Request>({ value, scheme, claims, clientId }, binding);
    if ('refusal' in bound) return { kind: 'refusal', deny: bound.refusal };
    return { kind: 'identity', clientId, claims, expiresAtMs, confirm: bound.confirm };
  };
  const authentication = createCallerDecide<Request>({
    source,
    claims: options,
    verify: async (token, scheme) => toVerification(token, scheme, await introspection.introspect(token)),
    refusals: createBearerRefusals(deny, options.claims),
    forwards,
    cache,
    clock,
    tally,
    onAllow,
  });
  return Object.freeze({
    decide: authentication.decide,
    purge(clientId?: string) {
      introspection.purge();
      return authentication.purge(clientId);
    },
    source,
    deny,
    introspect: introspection.introspect,
    async close() {
      authentication.purge();
      await introspection.close();
      await used.close();
    },
  });
}
