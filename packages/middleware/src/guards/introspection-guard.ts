import { systemClock } from '../base/clock.ts';
import { createStores } from '../cache/stores.ts';
import { createDiscoveryListener, type DiscoveryListener } from '../discovery-listener.ts';
import { OptionsError } from '../errors.ts';
import { createIntrospectionAuthenticator } from '../introspection/create-introspection-authenticator.ts';
import { parseIntrospection } from '../introspection/parse.ts';
import type { IntrospectionInput } from '../introspection/input.ts';
import { createKeysListener, type KeysListener } from '../keys-listener.ts';
import { createStoreChannel, type StoreListener } from '../store-listener.ts';
import { createBearerGuard, type BearerGuard } from './bearer-guard.ts';
import { parseGuardOptions, type BearerGuardInput } from './bearer-options.ts';
import type { ApplicationRequest } from './guard.ts';
import { createRequestProofs } from './request-proofs.ts';
import { findUsable } from './usable-options.ts';

/** Options of `oAuthIntrospection`: those of the gateway's middleware and those of guards. */
export type IntrospectionGuardOptions = IntrospectionInput &
  Omit<BearerGuardInput, 'origin'> &
  StoreListener &
  KeysListener &
  DiscoveryListener;

/**
 * Opens a guard of callers whose tokens an introspection endpoint verifies. Doubtful options cause a process warning,
 * `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createIntrospectionGuard({
  onStoreEvent,
  onKeys,
  onDiscovery,
  ...input
}: IntrospectionGuardOptions): BearerGuard {
  const { guard, problems, rest } = parseGuardOptions(input);
  const options = findUsable(rest, parseIntrospection(rest), problems);
  if (guard === undefined) throw new OptionsError(problems);
  return createBearerGuard(
    (onAllow) =>
      createIntrospectionAuthenticator<ApplicationRequest>(options, {
        clock: systemClock,
        stores: createStores({ clock: systemClock, events: createStoreChannel(onStoreEvent) }),
        challenge: guard,
        onAllow,
        onKeys: createKeysListener(onKeys),
        onDiscovery: createDiscoveryListener(
          onDiscovery,
          'signed introspection responses of unknown keys are refused',
        ),
        proofs: createRequestProofs(),
      }),
    guard,
  );
}
