import { systemClock, type Clock } from '../base/clock.ts';
import type { Tracing } from '../base/tracing.ts';
import { createStores, type Stores } from '../cache/stores.ts';
import { claimJson } from '../claims/text.ts';
import type { CredentialSource } from '../credentials/credential-source.ts';
import type { BearerDeny } from '../decision/bearer-deny.ts';
import type { Allow, Decision } from '../decision/decision.ts';
import { OptionsError } from '../errors.ts';
import type { CallerProofs } from '../jwt/binding.ts';
import type { ParserResult } from '../options/parse-shape.ts';
import { checkTracing, type TracingOption } from '../options/tracing-option.ts';
import { createStoreChannel, type StoreListener } from '../store-listener.ts';
import type { CallerAuthentication, OnAllow } from '../verification/create-caller-decide.ts';
import type { Auth } from './auth.ts';
import {
  toRequestChanges,
  type ApplicationRequest,
  type ApplicationMiddleware,
  type RequestChanges,
} from './middleware.ts';
import {
  parseBearerOptions,
  type BearerMiddlewareInput,
  type BearerMiddlewareOptions,
} from './bearer-options.ts';
import {
  compileRequirements,
  parseRequirements,
  type CheckRequirements,
  type RouteRequirements,
} from './route-requirements.ts';
import { traceMiddleware } from './trace-middleware.ts';
import { findUsable } from './usable-options.ts';

/** The verifier of callers' tokens. */
export interface BearerAuthentication extends CallerAuthentication<ApplicationRequest> {
  readonly source: CredentialSource;
  readonly deny: BearerDeny;
  /**
   * Restores the token that an earlier middleware removed from the request, for an authenticator that needs it. Default: the request
   * unchanged.
   */
  readonly present?: ((request: ApplicationRequest, passed: Auth) => ApplicationRequest) | undefined;
  readonly close: () => Promise<void>;
}

/** A middleware of callers with tokens, which can derive middlewares for single routes. */
export interface BearerMiddleware extends ApplicationMiddleware {
  /**
   * A middleware with the same verifier and cache, and further requirements.
   *
   * @throws OptionsError `options_invalid`
   */
  route(requirements: RouteRequirements): ApplicationMiddleware;
  readonly purge: (clientId?: string) => number;
}

/** The parts of an authenticator that its kind does not determine. */
export interface BearerParts {
  readonly clock: Clock;
  readonly stores: Stores;
  readonly tracing: Tracing | undefined;
  readonly challenge: BearerMiddlewareOptions;
  /** Must be called for each accepted token. */
  readonly onAllow: OnAllow;
  readonly proofs: CallerProofs<ApplicationRequest>;
}

/**
 * Opens a middleware for callers with tokens. Doubtful options cause a process warning, `GrantgateWarning`.
 *
 * @param name of its kind, for spans.
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function openBearerMiddleware<Options>(
  name: string,
  { onStoreEvent, tracing, ...input }: BearerMiddlewareInput & StoreListener & TracingOption,
  parse: (options: unknown) => ParserResult<Options>,
  open: (options: Options, parts: BearerParts) => BearerAuthentication,
): BearerMiddleware {
  const { bearer, problems, rest } = parseBearerOptions(input);
  const options = findUsable(rest, parse(rest), [...problems, ...checkTracing(tracing)]);
  if (bearer === undefined) throw new OptionsError(problems);
  return createBearerMiddleware(
    (onAllow) =>
      open(options, {
        clock: systemClock,
        stores: createStores({ clock: systemClock, events: createStoreChannel(onStoreEvent), tracing }),
        tracing,
        challenge: bearer,
        onAllow,
        proofs: createRequestProofs(bearer.origin),
      }),
    bearer,
    (middleware) => traceMiddleware(middleware, name, tracing),
  );
}

/** Evidence about the caller in a request. @param own the application's public origin; default: the request's. */
const createRequestProofs = (own: string | undefined): CallerProofs<ApplicationRequest> => ({
  certificateThumbprint: (request) => request.certificateThumbprint(),
  proof: (request) => request.header('dpop'),
  method: ({ method }) => method,
  url: ({ origin, target }) => (own ?? origin) + target.replace(/[?#].*/s, ''),
});

/** An accepted token. */
interface BearerCaller {
  readonly changes: RequestChanges;
  /** JSON object; undefined for a token without claims. */
  readonly claims: string | undefined;
}

/** @param traces adds traces to a middleware. */
function createBearerMiddleware(
  open: (onAllow: OnAllow) => BearerAuthentication,
  { refusals, requiredScopes }: BearerMiddlewareOptions,
  traces: (middleware: ApplicationMiddleware) => ApplicationMiddleware,
): BearerMiddleware {
  const callers = new WeakMap<Allow, BearerCaller>();
  const allows = new WeakMap<Auth, Allow>();
  const authentication = open((allow, { token, claims: claimsSet }) => {
    const claims = claimsSet && claimJson(claimsSet);
    const changes = toRequestChanges(allow, { subject: allow.subject, token, claims });
    callers.set(allow, { changes, claims });
    allows.set(changes.auth, allow);
  });
  const { source, deny, purge } = authentication;
  const callerOf = (allow: Allow): BearerCaller => {
    const caller = callers.get(allow);
    if (caller === undefined) throw new TypeError('the decision is that of another middleware');
    return caller;
  };
  const { query, cookie } = source.secretNames;
  const create = (checks: readonly CheckRequirements[]): ApplicationMiddleware => {
    const check = (decision: Decision): Decision => {
      if (!decision.allowed) return decision;
      const { changes, claims } = callerOf(decision);
      for (const one of checks) {
        const refused = one({ auth: changes.auth, claims });
        if (refused !== undefined) return refused;
      }
      return decision;
    };
    return traces({
      refusals,
      source: query === undefined && cookie === undefined ? undefined : source,
      decide(request, passed) {
        // An earlier middleware with the same verifier has removed the token, and a proof of possession is accepted only once.
        const allow = passed && allows.get(passed);
        if (allow !== undefined) return check(allow);
        const { present } = authentication;
        const presented = passed === undefined ? request : (present?.(request, passed) ?? request);
        const decision = authentication.decide(presented);
        return decision instanceof Promise ? decision.then(check) : check(decision);
      },
      changesOf: (allow) => callerOf(allow).changes,
      close: () => authentication.close(),
    });
  };
  const own = compile({ requiredScopes }, deny);
  return {
    ...create(own),
    purge,
    route(input) {
      const { requirements, problems } = parseRequirements(input);
      if (requirements === undefined) throw new OptionsError(problems);
      return create([...own, ...compile(requirements, deny)]);
    },
  };
}

function compile(...parts: Parameters<typeof compileRequirements>): readonly CheckRequirements[] {
  const check = compileRequirements(...parts);
  return check === undefined ? [] : [check];
}
