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
import type { Verification } from '../verification/verification.ts';
import {
  createIntrospection,
  type IntrospectionOutcome,
  type IntrospectionParts,
} from './create-introspection.ts';
import type { IntrospectionOptions } from './options.ts';

/** Decides on requests for one `oAuthIntrospection` middleware. */
export interface IntrospectionAuthenticator<
  Request extends CredentialRequest,
> extends CallerAuthentication<Request> {
  readonly source: CredentialSource;
  /** For further checks of the same tokens. */
  readonly deny: BearerDeny;
  /** Introspects a token without its caller and policy: for explanations. */
  readonly introspect: (token: string) => Promise<IntrospectionOutcome>;
  readonly close: () => Promise<void>;
}

export interface IntrospectionAuthenticatorParts extends IntrospectionParts {
  /** Default: a separate cache. */
  readonly cache?: CredentialCache | undefined;
  /** Of refusals. */
  readonly challenge?: Pick<BearerDenyOptions, 'realm' | 'resourceMetadata'> | undefined;
  /** Default: nothing. */
  readonly onAllow?: OnAllow | undefined;
}

/** Creates an authenticator from options that `parseIntrospection` has parsed. */
export function createIntrospectionAuthenticator<Request extends CredentialRequest>(
  options: IntrospectionOptions,
  parts: IntrospectionAuthenticatorParts,
): IntrospectionAuthenticator<Request> {
  const { clock, cache = createCredentialCache({ clock }), tally, challenge, onAllow } = parts;
  const { tokenSource, forwardAuthorization: forwards } = options;
  const source = createCredentialSource({ ...tokenSource, syntax: 'visible', noun: 'token' });
  const { realm, resourceMetadata } = challenge ?? {};
  const deny = createBearerDeny({ realm, resourceMetadata });
  const introspection = createIntrospection(options, parts);
  const toVerification = (outcome: IntrospectionOutcome): Verification<Request> => {
    if (outcome.kind === 'failure')
      return { kind: 'refusal', deny: toFailureDeny(outcome, 'gateway_credentials_refused', undefined) };
    if (outcome.kind === 'inactive') {
      const { detail, reason, rememberMs } = outcome;
      return { kind: 'refusal', deny: deny('token_invalid', detail, { reason }), rememberMs };
    }
    const { claims, expiresAtMs } = outcome;
    return { kind: 'identity', clientId: clientIdOf(claims), claims, expiresAtMs };
  };
  const authentication = createCallerDecide<Request>({
    source,
    claims: options,
    verify: async (token) => toVerification(await introspection.introspect(token)),
    refusals: createBearerRefusals(deny),
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
    },
  });
}
