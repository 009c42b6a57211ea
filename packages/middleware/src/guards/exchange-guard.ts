import { systemClock } from '../base/clock.ts';
import { createStores } from '../cache/stores.ts';
import type { CredentialSource } from '../credentials/credential-source.ts';
import { OptionsError } from '../errors.ts';
import { createExchangeAuthenticator } from '../exchange/create-exchange-authenticator.ts';
import { parseExchange } from '../exchange/parse.ts';
import type { ExchangeInput } from '../exchange/schema.ts';
import { createStoreChannel, type StoreListener } from '../store-listener.ts';
import type { Auth } from './auth.ts';
import { createBearerGuard, type BearerGuard } from './bearer-guard.ts';
import { parseGuardOptions, type BearerGuardInput } from './bearer-options.ts';
import type { ApplicationRequest } from './guard.ts';
import { createRequestProofs } from './request-proofs.ts';
import { findUsable } from './usable-options.ts';

/** Options of `oAuthTokenExchange`: those of the gateway's middleware and those of guards. */
export type ExchangeGuardOptions = ExchangeInput & Omit<BearerGuardInput, 'origin'> & StoreListener;

/**
 * Opens a guard that exchanges the tokens of callers. Handlers get the new token, to forward it. Doubtful options cause a process warning,
 * `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createExchangeGuard({ onStoreEvent, ...input }: ExchangeGuardOptions): BearerGuard {
  const { guard, problems, rest } = parseGuardOptions(input);
  const options = findUsable(rest, parseExchange(rest), problems);
  if (guard === undefined) throw new OptionsError(problems);
  return createBearerGuard((onAllow) => {
    const authenticator = createExchangeAuthenticator<ApplicationRequest>(options, {
      clock: systemClock,
      stores: createStores({ clock: systemClock, events: createStoreChannel(onStoreEvent) }),
      challenge: guard,
      onAllow,
      proofs: createRequestProofs(),
    });
    return { ...authenticator, present: (request, passed) => present(authenticator.source, request, passed) };
  }, guard);
}

/** An earlier guard, such as that of `jwt`, has verified the token and removed it from the request. */
function present(source: CredentialSource, request: ApplicationRequest, passed: Auth): ApplicationRequest {
  if (source.read(request).kind !== 'absent') return request;
  const { method, origin, target } = request;
  const [name, authorization] = source.forward({
    kind: 'found',
    place: 'header',
    value: passed.accessToken(),
    // The earlier guard has checked that the token and the proof belong together (RFC 9449 section 7.1).
    scheme: request.header('dpop') === undefined ? undefined : 'DPoP',
  });
  return {
    ...{ method, origin, target },
    authorization: name === 'authorization' ? authorization : request.authorization,
    header: (other) => (other === name ? authorization : request.header(other)),
    certificateThumbprint: () => request.certificateThumbprint(),
  };
}
