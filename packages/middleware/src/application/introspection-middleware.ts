import { createDiscoveryListener, type DiscoveryListener } from '../discovery-listener.ts';
import { createIntrospectionAuthenticator } from '../introspection/create-introspection-authenticator.ts';
import { parseIntrospection } from '../introspection/parse.ts';
import type { IntrospectionInput } from '../introspection/input.ts';
import { createKeysListener, type KeysListener } from '../keys-listener.ts';
import type { TracingOption } from '../options/tracing-option.ts';
import type { StoreListener } from '../store-listener.ts';
import { openBearerMiddleware, type BearerMiddleware } from './bearer-middleware.ts';
import type { BearerMiddlewareInput } from './bearer-options.ts';
import type { ApplicationRequest } from './middleware.ts';

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
export const createIntrospectionMiddleware = ({
  onKeys,
  onDiscovery,
  ...input
}: IntrospectionMiddlewareOptions): BearerMiddleware =>
  openBearerMiddleware('oAuthIntrospection', input, parseIntrospection, (options, parts) =>
    createIntrospectionAuthenticator<ApplicationRequest>(options, {
      ...parts,
      onKeys: createKeysListener(onKeys),
      onDiscovery: createDiscoveryListener(
        onDiscovery,
        'signed introspection responses of unknown keys are refused',
      ),
    }),
  );
