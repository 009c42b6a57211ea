import { systemClock } from '../base/clock.ts';
import { createStores } from '../cache/stores.ts';
import { createDiscoveryListener, type DiscoveryListener } from '../discovery-listener.ts';
import { OptionsError } from '../errors.ts';
import { createJwtAuthenticator } from '../jwt/create-jwt-authenticator.ts';
import { parseJwt } from '../jwt/parse.ts';
import type { JwtInput } from '../jwt/input.ts';
import { createKeysListener, type KeysListener } from '../keys-listener.ts';
import { checkTracing, type TracingOption } from '../options/tracing-option.ts';
import { createStoreChannel, type StoreListener } from '../store-listener.ts';
import { createBearerMiddleware, type BearerMiddleware } from './bearer-middleware.ts';
import { parseBearerOptions, type BearerMiddlewareInput } from './bearer-options.ts';
import type { ApplicationRequest } from './middleware.ts';
import { createRequestProofs } from './request-proofs.ts';
import { traceMiddleware } from './trace-middleware.ts';
import { findUsable } from './usable-options.ts';

/** Options of `jwt`: those of the gateway, and those of middlewares of applications. */
export type JwtMiddlewareOptions = JwtInput &
  BearerMiddlewareInput &
  KeysListener &
  DiscoveryListener &
  StoreListener &
  TracingOption;

/**
 * Opens a middleware of callers with JWTs. Doubtful options cause a process warning, `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createJwtMiddleware({
  onKeys,
  onDiscovery,
  onStoreEvent,
  tracing,
  ...input
}: JwtMiddlewareOptions): BearerMiddleware {
  const { bearer, problems, rest } = parseBearerOptions(input);
  const options = findUsable(rest, parseJwt(rest), [...problems, ...checkTracing(tracing)]);
  if (bearer === undefined) throw new OptionsError(problems);
  return createBearerMiddleware(
    (onAllow) =>
      createJwtAuthenticator<ApplicationRequest>(options, {
        clock: systemClock,
        stores: createStores({ clock: systemClock, events: createStoreChannel(onStoreEvent), tracing }),
        tracing,
        challenge: bearer,
        onAllow,
        onKeys: createKeysListener(onKeys),
        onDiscovery: createDiscoveryListener(onDiscovery, 'tokens of unknown keys are refused'),
        proofs: createRequestProofs(bearer.origin),
      }),
    bearer,
    (middleware) => traceMiddleware(middleware, 'jwt', tracing),
  );
}
