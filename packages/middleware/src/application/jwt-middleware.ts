import { createDiscoveryListener, type DiscoveryListener } from '../discovery-listener.ts';
import { createJwtAuthenticator } from '../jwt/create-jwt-authenticator.ts';
import { parseJwt } from '../jwt/parse.ts';
import type { JwtInput } from '../jwt/input.ts';
import { createKeysListener, type KeysListener } from '../keys-listener.ts';
import type { TracingOption } from '../options/tracing-option.ts';
import type { StoreListener } from '../store-listener.ts';
import { openBearerMiddleware, type BearerMiddleware } from './bearer-middleware.ts';
import type { BearerMiddlewareInput } from './bearer-options.ts';
import type { ApplicationRequest } from './middleware.ts';

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
export const createJwtMiddleware = ({
  onKeys,
  onDiscovery,
  ...input
}: JwtMiddlewareOptions): BearerMiddleware =>
  openBearerMiddleware('jwt', input, parseJwt, (options, parts) =>
    createJwtAuthenticator<ApplicationRequest>(options, {
      ...parts,
      onKeys: createKeysListener(onKeys),
      onDiscovery: createDiscoveryListener(onDiscovery, 'tokens of unknown keys are refused'),
    }),
  );
