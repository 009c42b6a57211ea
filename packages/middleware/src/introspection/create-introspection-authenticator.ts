import { clientIdOf } from '../claims/client-id.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createCredentialSource } from '../credentials/credential-source.ts';
import type { BearerDeny } from '../decision/bearer-deny.ts';
import { toFailureDeny } from '../decision/failure-deny.ts';
import {
  createBearerAuthenticator,
  type AcceptedToken,
  type BearerAuthenticator,
  type BearerAuthenticatorParts,
} from '../jwt/bearer-authenticator.ts';
import type { CredentialRefusal } from '../verification/verification.ts';
import {
  createIntrospection,
  type IntrospectionOutcome,
  type IntrospectionParts,
} from './create-introspection.ts';
import type { IntrospectionOptions } from './schema.ts';

/** Decides on requests for one `oAuthIntrospection` middleware. */
export interface IntrospectionAuthenticator<
  Request extends CredentialRequest,
> extends BearerAuthenticator<Request> {
  /** Introspects a token without considering its caller and policy: for explanations. */
  readonly introspect: (token: string) => Promise<IntrospectionOutcome>;
}

export interface IntrospectionAuthenticatorParts<Request>
  extends IntrospectionParts, BearerAuthenticatorParts<Request> {}

/** Milliseconds that the clocks of caller and gateway may differ in a proof (RFC 9449 section 4.3). */
const proofSkewMs = 30_000;

/** Creates an authenticator from options that `parseIntrospection` has parsed. */
export function createIntrospectionAuthenticator<Request extends CredentialRequest>(
  options: IntrospectionOptions,
  parts: IntrospectionAuthenticatorParts<Request>,
): IntrospectionAuthenticator<Request> {
  const { tokenSource, store } = options;
  const { introspect, purge, close } = createIntrospection(options, parts);
  const authenticator = createBearerAuthenticator<Request>(
    {
      source: createCredentialSource({ ...tokenSource, syntax: 'visible', noun: 'token' }),
      schemes: tokenSource.schemes.length > 0 ? tokenSource.schemes : undefined,
      claims: options,
      scopesOf: options.claims,
      forwards: options.forwardAuthorization,
      clockSkewMs: proofSkewMs,
      scope: ['introspection', options.url, options.issuers, options.audience],
      store,
      verify: async (token, deny) => toVerification(await introspect(token), deny),
      ...{ purge, close },
    },
    parts,
  );
  return Object.freeze({ ...authenticator, introspect });
}

function toVerification(outcome: IntrospectionOutcome, deny: BearerDeny): AcceptedToken | CredentialRefusal {
  if (outcome.kind === 'failure')
    return { kind: 'refusal', deny: toFailureDeny(outcome, 'gateway_credentials_refused', undefined) };
  if (outcome.kind === 'inactive') {
    const { detail, reason, rememberMs } = outcome;
    return { kind: 'refusal', deny: deny('token_invalid', detail, { reason }), rememberMs };
  }
  const { claims, expiresAtMs } = outcome;
  return { kind: 'identity', clientId: clientIdOf(claims), claims, callerClaims: claims, expiresAtMs };
}
