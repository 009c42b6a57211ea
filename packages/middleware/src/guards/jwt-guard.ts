import { systemClock } from '../base/clock.ts';
import { createStores } from '../cache/stores.ts';
import { createDiscoveryListener, type DiscoveryListener } from '../discovery-listener.ts';
import { OptionsError } from '../errors.ts';
import { createJwtAuthenticator } from '../jwt/create-jwt-authenticator.ts';
import { parseJwt } from '../jwt/parse.ts';
import type { JwtInput } from '../jwt/input.ts';
import { createKeysListener, type KeysListener } from '../keys-listener.ts';
import { createStoreChannel, type StoreListener } from '../store-listener.ts';
import { createBearerGuard, type BearerGuard } from './bearer-guard.ts';
import { parseGuardOptions, type BearerGuardInput } from './bearer-options.ts';
import type { ApplicationRequest } from './guard.ts';
import { createRequestProofs } from './request-proofs.ts';
import { findUsable } from './usable-options.ts';

/** Options of `jwt`: those of the gateway's middleware and those of guards. */
export type JwtGuardOptions = JwtInput & BearerGuardInput & KeysListener & DiscoveryListener & StoreListener;

/**
 * Opens a guard of callers with JWTs. Doubtful options cause a process warning, `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createJwtGuard({
  onKeys,
  onDiscovery,
  onStoreEvent,
  ...input
}: JwtGuardOptions): BearerGuard {
  const { guard, problems, rest } = parseGuardOptions(input);
  const options = findUsable(rest, parseJwt(rest), problems);
  if (guard === undefined) throw new OptionsError(problems);
  return createBearerGuard(
    (onAllow) =>
      createJwtAuthenticator<ApplicationRequest>(options, {
        clock: systemClock,
        stores: createStores({ clock: systemClock, events: createStoreChannel(onStoreEvent) }),
        challenge: guard,
        onAllow,
        onKeys: createKeysListener(onKeys),
        onDiscovery: createDiscoveryListener(onDiscovery, 'tokens of unknown keys are refused'),
        proofs: createRequestProofs(guard.origin),
      }),
    guard,
  );
}
