import { systemClock } from '../base/clock.ts';
import { createStores } from '../cache/stores.ts';
import type { CredentialSource } from '../credentials/credential-source.ts';
import { OptionsError } from '../errors.ts';
import { createExchangeAuthenticator } from '../exchange/create-exchange-authenticator.ts';
import { parseExchange } from '../exchange/parse.ts';
import type { ExchangeInput } from '../exchange/schema.ts';
import { checkTracing, type TracingOption } from '../options/tracing-option.ts';
import { createStoreChannel, type StoreListener } from '../store-listener.ts';
import type { Auth } from './auth.ts';
import {
  createBearerMiddleware,
  type BearerMiddleware,
  type OpenAuthentication,
} from './bearer-middleware.ts';
import { parseBearerOptions, type BearerMiddlewareInput } from './bearer-options.ts';
import type { ApplicationRequest } from './middleware.ts';
import { createRequestProofs } from './request-proofs.ts';
import { traceMiddleware } from './trace-middleware.ts';
import { findUsable } from './usable-options.ts';

/** Options of `oAuthTokenExchange`: those of the gateway, and those of middlewares of applications. */
export type ExchangeMiddlewareOptions = ExchangeInput &
  Omit<BearerMiddlewareInput, 'origin'> &
  StoreListener &
  TracingOption;

/**
 * Opens a middleware that exchanges the tokens of callers. Handlers get the new token, to forward it. Doubtful options cause a process warning,
 * `GrantgateWarning`.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function createExchangeMiddleware({
  onStoreEvent,
  tracing,
  ...input
}: ExchangeMiddlewareOptions): BearerMiddleware {
  const { bearer, problems, rest } = parseBearerOptions(input);
  const options = findUsable(rest, parseExchange(rest), [...problems, ...checkTracing(tracing)]);
  if (bearer === undefined) throw new OptionsError(problems);
  const open: OpenAuthentication = (onAllow) => {
    const authenticator = createExchangeAuthenticator<ApplicationRequest>(options, {
      clock: systemClock,
      stores: createStores({ clock: systemClock, events: createStoreChannel(onStoreEvent), tracing }),
      tracing,
      challenge: bearer,
      onAllow,
      proofs: createRequestProofs(),
    });
    return { ...authenticator, present: (request, passed) => present(authenticator.source, request, passed) };
  };
  return createBearerMiddleware(open, bearer, (middleware) =>
    traceMiddleware(middleware, 'oAuthTokenExchange', tracing),
  );
}

/** An earlier middleware, such as that of `jwt`, has verified the token and removed it from the request. */
function present(source: CredentialSource, request: ApplicationRequest, passed: Auth): ApplicationRequest {
  if (source.read(request).kind !== 'absent') return request;
  const { method, origin, target } = request;
  const [name, authorization] = source.forward({
    kind: 'found',
    place: 'header',
    value: passed.accessToken(),
    // The earlier middleware has checked that the token and the proof belong together (RFC 9449 section 7.1).
    scheme: request.header('dpop') === undefined ? undefined : 'DPoP',
  });
  return {
    ...{ method, origin, target },
    authorization: name === 'authorization' ? authorization : request.authorization,
    header: (other) => (other === name ? authorization : request.header(other)),
    certificateThumbprint: () => request.certificateThumbprint(),
  };
}
