import { systemClock } from '../base/clock.ts';
import { createStores } from '../cache/stores.ts';
import { createDiscoveryListener, type DiscoveryListener } from '../discovery-listener.ts';
import { OptionsError } from '../errors.ts';
import { createIntrospectionAuthenticator } from '../introspection/create-introspection-authenticator.ts';
import { parseIntrospection } from '../introspection/parse.ts';
import type { IntrospectionInput } from '../introspection/input.ts';
import { createKeysListener, type KeysListener } from '../keys-listener.ts';
import { checkTracing, type TracingOption } from '../options/tracing-option.ts';
import { createStoreChannel, type StoreListener } from '../store-listener.ts';
import { createBearerMiddleware, type BearerMiddleware } from './bearer-middleware.ts';
import { parseBearerOptions, type BearerMiddlewareInput } from './bearer-options.ts';
import type { ApplicationRequest } from './middleware.ts';
import { createRequestProofs } from './request-proofs.ts';
import { traceMiddleware } from './trace-middleware.ts';
import { findUsable } from './usable-options.ts';

/** Options of `oAuthIntrospection`: those of the gateway, and those of middlewares of applications. */
export type IntrospectionMiddlewareOptions = IntrospectionInput &
  Omit<BearerMiddlewareInput, 'origin'> &
  StoreListener &
  KeysListener &
  DiscoveryListener &
  TracingOption;

/**
 * Opens a middleware of callers whose tokens an introspection endpoint verifies. Doubtful options cause a process warning,
 * `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createIntrospectionMiddleware({
  onStoreEvent,
  onKeys,
  onDiscovery,
  tracing,
  ...input
}: IntrospectionMiddlewareOptions): BearerMiddleware {
  const { bearer, problems, rest } = parseBearerOptions(input);
  const options = findUsable(rest, parseIntrospection(rest), [...problems, ...checkTracing(tracing)]);
  if (bearer === undefined) throw new OptionsError(problems);
  return createBearerMiddleware(
    (onAllow) =>
      createIntrospectionAuthenticator<ApplicationRequest>(options, {
        clock: systemClock,
        stores: createStores({ clock: systemClock, events: createStoreChannel(onStoreEvent), tracing }),
        tracing,
        challenge: bearer,
        onAllow,
        onKeys: createKeysListener(onKeys),
        onDiscovery: createDiscoveryListener(
          onDiscovery,
          'signed introspection responses of unknown keys are refused',
        ),
        proofs: createRequestProofs(),
      }),
    bearer,
    (middleware) => traceMiddleware(middleware, 'oAuthIntrospection', tracing),
  );
}
