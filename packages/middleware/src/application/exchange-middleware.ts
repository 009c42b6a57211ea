import type { CredentialSource } from '../credentials/credential-source.ts';
import { createExchangeAuthenticator } from '../exchange/create-exchange-authenticator.ts';
import { parseExchange } from '../exchange/parse.ts';
import type { ExchangeInput } from '../exchange/input.ts';
import type { TracingOption } from '../options/tracing-option.ts';
import type { StoreListener } from '../store-listener.ts';
import type { Auth } from './auth.ts';
import { openBearerMiddleware, type BearerMiddleware } from './bearer-middleware.ts';
import type { BearerMiddlewareInput } from './bearer-options.ts';
import type { ApplicationRequest } from './middleware.ts';

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
export const createExchangeMiddleware = (input: ExchangeMiddlewareOptions): BearerMiddleware =>
  openBearerMiddleware('oAuthTokenExchange', input, parseExchange, (options, parts) => {
    const authenticator = createExchangeAuthenticator<ApplicationRequest>(options, parts);
    return { ...authenticator, present: (request, passed) => present(authenticator.source, request, passed) };
  });

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
