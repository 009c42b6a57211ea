import type { Clock } from '../base/clock.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Claims } from '../claims/claims.ts';
import type { CredentialReading, CredentialRequest } from '../credentials/credential-reading.ts';
import type { CredentialSource } from '../credentials/credential-source.ts';
import type { Allow, Decision, Deny } from '../decision/decision.ts';
import { toAllow } from '../decision/allow.ts';
import { evaluatePolicy } from '../decision/evaluate-policy.ts';
import { compilePolicy, type Policy } from '../decision/policy.ts';
import type { ClaimsOptions } from '../options/claims.ts';
import type { CredentialCache, CredentialSection } from './credential-cache.ts';
import type { CallerIdentity, Verification, Verify } from './verification.ts';

/** Decides on requests with a caller's credential. Synchronous when its verification is cached. */
export type CallerDecide<Request extends CredentialRequest> = (request: Request) => MaybePromise<Decision>;

/** The refusal of a kind; a detail is for callers. */
export interface CallerRefusals {
  readonly missing: (detail: string) => Deny;
  readonly malformed: (detail: string) => Deny;
  /** The policy's predicate is false. @param reason for operators. */
  readonly unsatisfied: (clientId: string, reason: string | undefined) => Deny;
  /** A claim cannot be sent in a header. */
  readonly unsendable: (clientId: string, header: string) => Deny;
  /** The policy needs claims, but the credential has none. */
  readonly opaque: (clientId: string) => Deny;
}

/** An accepted credential, or the token that replaces it. */
export interface AllowedCredential {
  /** Never log it. */
  readonly token: string;
  /** Undefined: the credential has none. */
  readonly claims: Claims | undefined;
}

/** Called once per credential that satisfies the policy, before the first request passes with it. */
export type OnAllow = (allow: Allow, credential: AllowedCredential) => void;

export interface CallerDecideParts<Request extends CredentialRequest> {
  readonly source: CredentialSource;
  /** The predicate, forwarded headers and user name. */
  readonly claims: ClaimsOptions;
  readonly verify: Verify<Request>;
  readonly refusals: CallerRefusals;
  /** Whether the server gets the credential, in its own header and scheme; `Authorization: Bearer` for one from query or cookie. */
  readonly forwards: boolean;
  /** Whether identities have an `exchanged` token: the server gets no other `Authorization`. Default: false. */
  readonly exchanges?: boolean | undefined;
  readonly cache: CredentialCache;
  readonly clock: Clock;
  /** Counts uses of cached credentials. Default: no counts. */
  readonly tally?: { memory: number } | undefined;
  /** Default: none. */
  readonly onAllow?: OnAllow | undefined;
}

export interface CallerAuthentication<Request extends CredentialRequest> {
  readonly decide: CallerDecide<Request>;
  /** Drops the cached credentials of one client, or of all, and returns their number. */
  readonly purge: (clientId?: string) => number;
  /** Visits the cached credentials. */
  readonly forEachCaller: (visit: (caller: CachedCaller) => void) => void;
}

/** A caller whose credential is cached. */
export interface CachedCaller {
  readonly clientId: string;
  /** `Clock.monotonic()` milliseconds; Infinity: it does not expire. */
  readonly expiresAtMs: number;
  /** Whether the claims satisfy the policy. */
  readonly isAllowed: boolean;
}

/** A decision on a credential, with the proof that each further request must have. */
interface Verdict<Request> {
  readonly decision: Decision;
  readonly clientId: string;
  readonly confirm: CallerIdentity<Request>['confirm'];
}

type FoundCredential = Extract<CredentialReading, { readonly kind: 'found' }>;

/**
 * Composes reader, verifier, policy and cache of callers' credentials. A credential is verified once, however many requests carry
 * it at the same time; claims are evaluated once per credential.
 */
export function createCallerDecide<Request extends CredentialRequest>(
  parts: CallerDecideParts<Request>,
): CallerAuthentication<Request> {
  const { source, verify, refusals, cache, clock, forwards, tally = { memory: 0 }, onAllow } = parts;
  const policy = compilePolicy(parts.claims, toReplacedHeaders(parts));
  const section = cache.open<Verdict<Request>, Deny>();
  const flights = new Map<string, Promise<Verdict<Request>>>();
  let purges = 0;

  const keep = (
    key: string,
    found: FoundCredential,
    verification: Verification<Request>,
    purgesBefore: number,
  ): Verdict<Request> => {
    if (verification.kind === 'refusal') {
      const { deny, rememberMs = 0 } = verification;
      if (rememberMs > 0) section.refuse(key, deny, rememberMs);
      return { decision: deny, clientId: deny.clientId ?? '', confirm: undefined };
    }
    const { clientId, confirm, expiresAtMs, trust, exchanged } = verification;
    const forwarded = forwards ? source.forward(found) : undefined;
    const decision = toDecision(policy, verification, { refusals, clock, forwarded });
    if (decision.allowed)
      onAllow?.(decision, { token: exchanged?.value ?? found.value, claims: verification.claims });
    const verdict = { decision, clientId, confirm };
    // After a purge, a verification that was in progress serves only the requests that wait for it.
    if (expiresAtMs !== undefined && purges === purgesBefore) section.set(key, verdict, expiresAtMs, trust);
    return verdict;
  };

  const launch = (key: string, found: FoundCredential, request: Request): MaybePromise<Verdict<Request>> => {
    const flight = flights.get(key);
    if (flight !== undefined) return flight;
    const purgesBefore = purges;
    const outcome = verify(found.value, found.scheme, request);
    if (!(outcome instanceof Promise)) return keep(key, found, outcome, purgesBefore);
    const begun = outcome
      .then((verification) => keep(key, found, verification, purgesBefore))
      .finally(() => {
        if (flights.get(key) === begun) flights.delete(key);
      });
    flights.set(key, begun);
    return begun;
  };

  const rawKeyOf = createRawKeys(source, section);
  const find = (key: string): Verdict<Request> | undefined => {
    const verdict = section.get(key);
    if (verdict !== undefined) tally.memory += 1;
    return verdict;
  };

  return Object.freeze({
    decide(request: Request): MaybePromise<Decision> {
      // A known credential is not read again.
      const rawKey = rawKeyOf(request);
      const known = rawKey === undefined ? undefined : find(rawKey);
      if (known !== undefined) return confirm(known, request);
      const reading = source.read(request);
      if (reading.kind !== 'found') return refuseReading(reading, refusals);
      const { scheme, value } = reading;
      const key = rawKey ?? section.keyOf(scheme === undefined ? value : `${scheme} ${value}`);
      const verdict = find(key);
      if (verdict !== undefined) return confirm(verdict, request);
      const refused = section.refusalOf(key);
      if (refused !== undefined) return refused;
      const late = launch(key, reading, request);
      return late instanceof Promise
        ? late.then((settled) => confirm(settled, request))
        : confirm(late, request);
    },
    forEachCaller: createForEachCaller(section),
    purge(clientId?: string) {
      purges += 1;
      flights.clear();
      return section.drop((verdict) => clientId === undefined || verdict.clientId === clientId);
    },
  });
}

const createForEachCaller =
  <Request extends CredentialRequest>(
    section: CredentialSection<Verdict<Request>, Deny>,
  ): CallerAuthentication<Request>['forEachCaller'] =>
  (visit) =>
    section.forEach(({ clientId, decision }, expiresAtMs) =>
      visit({ clientId, expiresAtMs, isAllowed: decision.allowed }),
    );

/** Headers of the caller that the decision removes or replaces. */
function toReplacedHeaders<Request extends CredentialRequest>(parts: CallerDecideParts<Request>): string[] {
  const { source, forwards, exchanges = false } = parts;
  const setsAuthorization = exchanges || (forwards && source.removeHeaders.size === 0);
  return [...source.removeHeaders, ...(setsAuthorization ? ['authorization'] : [])];
}

const refuseReading = (
  { kind, detail }: Exclude<CredentialReading, FoundCredential>,
  { missing, malformed }: CallerRefusals,
): Deny => (kind === 'absent' ? missing(detail) : malformed(detail));

/**
 * Cache keys of credentials that are determined by a header alone; undefined for a request without it. Hashing a token costs more than
 * all other work for a cache hit, so it happens once for a repeated request head.
 */
function createRawKeys(
  source: CredentialSource,
  section: { keyOf(credential: string): string },
): (request: CredentialRequest) => string | undefined {
  const keys = new WeakMap<object, string>();
  return (request) => {
    const { sharedHead } = request;
    const before = sharedHead === undefined ? undefined : keys.get(sharedHead);
    if (before !== undefined) return before;
    const raw = source.raw(request);
    const key = raw === undefined ? undefined : section.keyOf(raw);
    if (sharedHead !== undefined && key !== undefined) keys.set(sharedHead, key);
    return key;
  };
}

function confirm<Request>(verdict: Verdict<Request>, request: Request): MaybePromise<Decision> {
  if (verdict.confirm === undefined || !verdict.decision.allowed) return verdict.decision;
  const refused = verdict.confirm(request);
  return refused instanceof Promise
    ? refused.then((deny) => deny ?? verdict.decision)
    : (refused ?? verdict.decision);
}

interface DecisionParts {
  readonly refusals: CallerRefusals;
  readonly clock: Clock;
  /** Name and value. */
  readonly forwarded: readonly [name: string, value: string] | undefined;
}

function toDecision<Request>(
  policy: Policy,
  { clientId, claims, expiresAtMs, exchanged }: CallerIdentity<Request>,
  { refusals, clock, forwarded }: DecisionParts,
): Decision {
  if (claims === undefined && policy.needsClaims) return refusals.opaque(clientId);
  const result = evaluatePolicy(policy, claims);
  if (result.kind === 'unsatisfied') return refusals.unsatisfied(clientId, result.reason);
  if (result.kind === 'unsendable') return refusals.unsendable(clientId, result.header);
  const credential = exchanged === undefined ? (forwarded ?? []) : ['authorization', exchanged.authorization];
  return toAllow(policy, result, { clientId, expiresAtMs, credential, clock });
}
