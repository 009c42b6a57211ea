import type { Clock } from '../base/clock.ts';
import type { Tracing } from '../base/tracing.ts';
import type { Stores, StoreOptions } from '../cache/stores.ts';
import type { TokenTally } from '../cache/token-tally.ts';
import type { Claims } from '../claims/claims.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import type { CredentialSource } from '../credentials/credential-source.ts';
import { createBearerDeny, type BearerDeny, type BearerDenyOptions } from '../decision/bearer-deny.ts';
import { createBearerRefusals } from '../verification/bearer-refusals.ts';
import {
  createCallerDecide,
  type CallerAuthentication,
  type CallerDecideParts,
  type OnAllow,
} from '../verification/create-caller-decide.ts';
import { createCredentialCache, type CredentialCache } from '../verification/credential-cache.ts';
import type { CallerIdentity, CredentialRefusal } from '../verification/verification.ts';
import { createConfirm, type CallerProofs } from './binding.ts';
import { createCheckProof } from './dpop.ts';
import type { RequiredBinding } from './schema.ts';
import { createUsedProofs } from './used-proofs.ts';

/** Decides on requests whose callers bring a bearer token. */
export interface BearerAuthenticator<
  Request extends CredentialRequest,
> extends CallerAuthentication<Request> {
  readonly source: CredentialSource;
  /** For further checks of the same tokens. */
  readonly deny: BearerDeny;
  readonly close: () => Promise<void>;
}

export interface BearerAuthenticatorParts<Request> {
  readonly clock: Clock;
  /** Evidence about callers: a token that is bound to a certificate or a key needs its proof. */
  readonly proofs: CallerProofs<Request>;
  /** Remember used proofs for several processes. Default: only this process remembers them. */
  readonly stores?: Stores | undefined;
  /** Default: a separate cache. */
  readonly cache?: CredentialCache | undefined;
  /** Parts of refusals; the schemes are those of the kind. */
  readonly challenge?: Pick<BearerDenyOptions, 'realm' | 'resourceMetadata'> | undefined;
  /** Counts uses of cached tokens. Default: no counts. */
  readonly tally?: TokenTally | undefined;
  /** Default: no traces. */
  readonly tracing?: Tracing | undefined;
  /** Default: none. */
  readonly onAllow?: OnAllow | undefined;
}

/** An accepted token, before its caller has proved to be its owner. */
export interface AcceptedToken extends Omit<CallerIdentity<never>, 'confirm'> {
  /** Claims that may bind the caller's token to a key (`cnf`, RFC 7800). */
  readonly callerClaims: Claims;
}

/** Differences between the kinds of middleware whose callers bring a bearer token. */
export interface BearerKind<Request extends CredentialRequest> extends Pick<
  CallerDecideParts<Request>,
  'source' | 'claims' | 'forwards' | 'exchanges'
> {
  /** Schemes of challenges. Default: that of `createBearerDeny`. */
  readonly schemes?: readonly string[] | undefined;
  /** Expression whose scopes challenges name; undefined: none. */
  readonly scopesOf: string | undefined;
  /** Default: any, or none. */
  readonly requireBinding?: RequiredBinding | undefined;
  /** Milliseconds that the clocks of caller and gateway may differ in a proof (RFC 9449 section 4.3). */
  readonly clockSkewMs: number;
  /** As in `UsedProofsParts`. */
  readonly scope: readonly (string | readonly string[])[];
  readonly store: StoreOptions | undefined;
  /** Never rejects. */
  readonly verify: (token: string, deny: BearerDeny) => Promise<AcceptedToken | CredentialRefusal>;
  /** Called before a purge. Default: none. */
  readonly purge?: () => void;
  readonly close: () => Promise<void>;
}

/** Composes reader, verifier, proofs of possession, policy and cache of bearer tokens. */
export function createBearerAuthenticator<Request extends CredentialRequest>(
  kind: BearerKind<Request>,
  parts: BearerAuthenticatorParts<Request>,
): BearerAuthenticator<Request> {
  const {
    clock,
    proofs,
    stores,
    cache = createCredentialCache({ clock }),
    challenge,
    tally,
    onAllow,
    tracing,
  } = parts;
  const keep: Tracing['keep'] = (work) => (tracing === undefined ? work() : tracing.keep(work));
  const { source, schemes, claims, forwards, exchanges } = kind;
  const { realm, resourceMetadata } = challenge ?? {};
  const deny = createBearerDeny({ realm, resourceMetadata, ...(schemes && { schemes }) });
  const used = createUsedProofs({ clock, scope: kind.scope, stores, store: kind.store });
  const checkProof = createCheckProof(clock, kind.clockSkewMs, used);
  const binding = { required: kind.requireBinding, proofs, checkProof, deny };
  const authentication = createCallerDecide<Request>({
    ...{ source, claims, forwards, exchanges, cache, clock, tally, onAllow },
    refusals: createBearerRefusals(deny, kind.scopesOf),
    async verify(value, scheme) {
      const accepted = await keep(() => kind.verify(value, deny));
      if (accepted.kind === 'refusal') return accepted;
      const { callerClaims, ...identity } = accepted;
      const token = { value, scheme, claims: callerClaims, clientId: identity.clientId };
      const bound = createConfirm<Request>(token, binding);
      if ('refusal' in bound) return { kind: 'refusal', deny: bound.refusal };
      const { confirm } = bound;
      return { ...identity, confirm: confirm && ((request) => keep(() => confirm(request))) };
    },
  });
  return Object.freeze({
    decide: authentication.decide,
    forEachCaller: authentication.forEachCaller,
    purge(clientId?: string) {
      kind.purge?.();
      return authentication.purge(clientId);
    },
    source,
    deny,
    async close() {
      authentication.purge();
      await kind.close();
      await used.close();
    },
  });
}
