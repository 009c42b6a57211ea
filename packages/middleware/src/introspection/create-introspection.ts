import { fingerprint } from '../base/fingerprint.ts';
import { Secret } from '../base/secret.ts';
import { createStores, type Stores, type StoreOptions } from '../cache/stores.ts';
import { createSubjectResponses } from '../cache/subject-responses.ts';
import type { TokenTally } from '../cache/token-tally.ts';
import type { Claims, JsonValue } from '../claims/claims.ts';
import { parseClaims } from '../claims/parse.ts';
import { readClaim } from '../claims/path.ts';
import { claimJson } from '../claims/text.ts';
import { createEndpointClient } from '../token/endpoint-client.ts';
import type { KeyParts } from '../jwt/open-keys.ts';
import type { EndpointStates } from '../token/endpoint-state.ts';
import { toShownText } from '../token/error-response.ts';
import type { TokenFailure } from '../token/failure.ts';
import { waitLimitMs } from '../token/retry.ts';
import { toServerEndpoint } from '../token/server-endpoint.ts';
import { introspect } from './introspect.ts';
import type { IntrospectionRequestOptions, IntrospectionRules } from './schema.ts';
import { openSignedResponses } from './signed-response.ts';

/** A token that the authorization server reports as active, and that is meant for this gateway. */
export interface ActiveToken {
  readonly kind: 'active';
  /** Members of the response (RFC 7662 section 2.2). */
  readonly claims: Claims;
  /** `Clock.monotonic()` milliseconds until which the response may be used; undefined: it is not cached. */
  readonly expiresAtMs: number | undefined;
}

/** A token that is not accepted. */
export interface InactiveToken {
  readonly kind: 'inactive';
  /** For callers. */
  readonly detail: string;
  /** For operators. */
  readonly reason: string;
  /** Milliseconds for which the refusal stays valid. */
  readonly rememberMs: number;
}

export type IntrospectionOutcome = ActiveToken | InactiveToken | TokenFailure;

/** Sends requests about tokens to one introspection endpoint. */
export interface Introspection {
  /** Never rejects. */
  readonly introspect: (token: string) => Promise<IntrospectionOutcome>;
  /** Stops the use of earlier responses. */
  readonly purge: () => void;
  /** Closes the connections once requests in flight have ended. */
  readonly close: () => Promise<void>;
}

/** The parts for keys apply to signed responses. */
export interface IntrospectionParts extends KeyParts {
  /** Default: separate stores. */
  readonly stores?: Stores | undefined;
  /** Default: none. Middlewares that share them limit and suspend requests to one endpoint together. */
  readonly endpoints?: EndpointStates | undefined;
  /** Counts the requests. Default: no counts. */
  readonly tally?: TokenTally | undefined;
  /** Resource that acquires the endpoint; default: `tally`. */
  readonly user?: object | undefined;
}

export type IntrospectionSettings = IntrospectionRequestOptions &
  IntrospectionRules & { readonly store: StoreOptions | undefined };

/** Composes endpoint, store and rules. Responses are shared with other processes in encrypted form, never under the token's own name. */
export function createIntrospection(
  options: IntrospectionSettings,
  parts: IntrospectionParts,
): Introspection {
  const { clock, stores = createStores({ clock }), endpoints, tally, user = tally, tracing } = parts;
  const { url, clientID = '', clientSecret = new Secret(''), maxCacheMs, store } = options;
  const endpointOptions = toServerEndpoint(url, {
    ...options,
    // Without a client there is no other method to try.
    clientAuthentication: options.clientID === undefined ? 'none' : options.clientAuthentication,
  });
  const signed = options.verify && openSignedResponses(options.verify, options.clientConfig, parts);
  const readSigned = signed?.read;
  const use = endpoints?.acquire(endpointOptions, user, 'introspection');
  const endpoint = createEndpointClient(endpointOptions, {
    clock,
    state: use?.state,
    send: (...request) => introspect(options, { clock, maxCacheMs, readSigned }, ...request),
    accepts: ({ value }) => isActive(value),
    tracing,
    spanName: 'introspection request',
  });
  const held = store && stores.acquire(store);
  const responses = createSubjectResponses({
    clock,
    endpoint,
    client: Object.freeze({ clientId: clientID, clientSecret }),
    profile: ['introspection', url, profileOf(options)],
    waitMs: waitLimitMs(endpointOptions),
    lockWaitMs: endpointOptions.timeoutMs,
    shared: held === undefined ? stores.local : held.shared,
    tally,
  });
  return Object.freeze({
    async introspect(token: string): Promise<IntrospectionOutcome> {
      const outcome = await responses.obtain(token);
      if (outcome.kind === 'failure') return outcome;
      const { value, expiresAtMs } = outcome;
      const claims = parseClaims(decode(value));
      const rememberMs = expiresAtMs === undefined ? 0 : Math.max(0, expiresAtMs - clock.monotonic());
      const refuse = (detail: string, reason: string): InactiveToken => ({
        kind: 'inactive',
        detail,
        reason,
        rememberMs: Math.min(rememberMs, refusedMs),
      });
      if (claims === undefined || claims['active'] !== true)
        return refuse('The token is not active.', 'the introspection endpoint says that it is not active');
      const fault = findOtherPurpose(claims) ?? findFault(claims, options);
      return fault === undefined ? { kind: 'active', claims, expiresAtMs } : refuse(...fault);
    },
    purge: () => responses.purge(),
    async close() {
      await endpoint.close();
      await use?.release();
      await held?.release();
      await signed?.close();
    },
  });
}

/** Maximum time for which a refusal is remembered, in milliseconds. */
const refusedMs = 5_000;

const decode = (value: string): string => Buffer.from(value, 'base64url').toString('utf8');

const isActive = (value: string): boolean => parseClaims(decode(value))?.['active'] === true;

/** Everything that determines a response, or access to it; not the rules, which are applied at each use. */
function profileOf(options: IntrospectionSettings): string {
  const { clientID, clientSecret, clientAuthentication, clientConfig, tokenTypeHint, maxCacheMs, verify } =
    options;
  const { tls, assertion, headers, proxy } = clientConfig;
  return fingerprint({
    client: { clientID, clientSecret, clientAuthentication, assertion },
    request: { tokenTypeHint, headers, tls, proxy, maxCacheMs, verify },
  });
}

/** For callers, and for operators. */
type Fault = readonly [detail: string, reason: string];

/**
 * Servers call refresh tokens and ID tokens active too. These members distinguish them: `token_type` of RFC 7662, `token_use` of
 * Hydra and Cognito, `typ` of Keycloak.
 */
const otherPurposes: Readonly<Record<string, RegExp>> = {
  token_type: /^(?:refresh_token|id_token|n_a)$/i,
  token_use: /^(?!access(?:_token)?$)/i,
  typ: /^(?:refresh|offline|id|logout)$/i,
};

function findOtherPurpose(claims: Claims): Fault | undefined {
  for (const [name, others] of Object.entries(otherPurposes)) {
    const value = readClaim(claims, [name]);
    if (typeof value === 'string' && others.test(value))
      return ['The token is not an access token.', `${name} is ${show(value)}`];
  }
  return undefined;
}

/** The problem of an active token. */
function findFault(claims: Claims, { audience, issuers }: IntrospectionRules): Fault | undefined {
  const iss = readClaim(claims, ['iss']);
  if (issuers.length > 0 && !(typeof iss === 'string' && issuers.includes(iss)))
    return [
      'The token is from another issuer.',
      `iss is ${show(iss)}, expected ${issuers.map(show).join(' or ')}`,
    ];
  const aud = readClaim(claims, ['aud']);
  const values: readonly JsonValue[] = Array.isArray(aud) ? (aud as readonly JsonValue[]) : [aud ?? null];
  if (audience.length > 0 && !values.some((one) => typeof one === 'string' && audience.includes(one)))
    return [
      'The token is for another audience.',
      `aud is ${show(aud)}, expected ${audience.map(show).join(' or ')}`,
    ];
  return undefined;
}

const maxShownCharacters = 200;

const show = (value: JsonValue | undefined): string =>
  value === undefined ? 'missing' : (toShownText(claimJson(value), maxShownCharacters) ?? 'empty');
