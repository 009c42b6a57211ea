import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import { createTokenTally, type TokenTally } from '@grantgate/middleware/cache/token-tally';
import {
  createExchangeAuthenticator,
  type ExchangeAuthenticator,
} from '@grantgate/middleware/exchange/create-exchange-authenticator';
import { type ExchangeOptions, exchangeSchema } from '@grantgate/middleware/exchange/schema';
import { parseExchange } from '@grantgate/middleware/exchange/parse';
import { createEndpointStates } from '@grantgate/middleware/token/endpoint-state';
import { createCredentialCache } from '@grantgate/middleware/verification/credential-cache';
import { createSharing } from '../../reload/shared-resources.ts';
import { readClientOptions } from '../assertion-file.ts';
import { callerProofs, createCallerStep } from '../caller-step.ts';
import { defineKind, type Compile, type MiddlewareDeps } from '../kind.ts';
import type { StepRequest } from '../step.ts';
import type { OptionRules } from '../../config/structural-schema.ts';
import { clientConfigRules, endpointUrl, ownClientRule, rule, storeRules } from '../client-rules.ts';
import type { CredentialSource } from '@grantgate/middleware/credentials/credential-source';
import { isForwardedHeader } from '../../routing/own-forwarded.ts';
import { valueIn } from '../../http1/message/header-list.ts';

/** An absolute URI (RFC 3986 section 4.3). */
const tokenType = { pattern: '^([A-Za-z][A-Za-z0-9+.-]*:.+)?$' } as const;

/** Requirements of `oAuthTokenExchange` beyond the types of its options, as far as an API server can check them. */
const optionRules: OptionRules = {
  '': rule(ownClientRule, [
    `!has(self.method) || self.method != 'entraID' || has(self.entraID) && has(self.entraID.scopes)`,
    'method entraID requires entraID.scopes',
  ]),
  url: endpointUrl,
  'rfc8693.subjectTokenType': tokenType,
  'rfc8693.requestedTokenType': tokenType,
  'rfc8693.actorToken.tokenType': tokenType,
  ...clientConfigRules,
  ...storeRules,
};

/** Traefik Hub's `oAuthTokenExchange` (RFC 8693). */
export const oAuthTokenExchange = defineKind<ExchangeOptions>({
  name: 'oAuthTokenExchange',
  isPlugin: true,
  description:
    "Exchanges the caller's token for one that the server accepts (RFC 8693), also on behalf of users of Entra ID.",
  schema: () => exchangeSchema,
  rules: optionRules,
  read: (config, sources) => readClientOptions(config, sources, parseExchange),
  authenticatesCallers: () => true,
  createCompile,
});

interface CountedExchange extends ExchangeAuthenticator<StepRequest> {
  readonly tally: TokenTally;
}

/** Middlewares with the same options share connections and tokens, across reloads. */
function createCompile(deps: MiddlewareDeps): Compile<ExchangeOptions> {
  const { clock, stores, openTally, tracing, cache: tokens } = deps;
  const cache = createCredentialCache({ clock });
  const endpoints = deps.endpoints ?? createEndpointStates(clock);
  const sharing = createSharing<CountedExchange>((authenticator) => authenticator.close());
  return (options, name) => {
    const use = sharing.acquire(fingerprint(options), () => {
      const tally = openTally?.() ?? createTokenTally();
      const authenticator = createExchangeAuthenticator<StepRequest>(options, {
        ...{ clock, cache, tokens, stores, endpoints, tracing, tally },
        proofs: callerProofs,
      });
      return Object.freeze({ ...authenticator, tally });
    });
    const { source, tally, decide, purge, forEachCaller } = use.value;
    return createCallerStep(name, {
      source,
      authentication: {
        decide: (request) => decide(toPresentedRequest(source, request)),
        purge,
        forEachCaller,
      },
      forwards: false,
      keepsCaller: true,
      tally,
      close: () => use.release(),
    });
  };
}

/**
 * The request from which the caller's token is read. If an earlier step, such as `jwt`, has authenticated the caller and removed the
 * token, this is the request as the caller sent it. A token that an earlier step has set takes precedence.
 */
export function toPresentedRequest(source: CredentialSource, request: StepRequest): StepRequest {
  // No earlier step has removed anything that this step may use.
  if (request.subject === undefined || source.read(request).kind !== 'absent') return request;
  const { facts, authority, subject } = request;
  return {
    facts,
    authority,
    subject,
    authorization: facts.authorization,
    sharedHead: facts.reusesHeaders ? facts.rawHeaders : undefined,
    target: facts.target,
    header: (name) => (isForwardedHeader(name) ? request.header(name) : valueIn(facts.rawHeaders, name)),
    headers: () => request.headers(),
    bufferBody: (maxBytes) => request.bufferBody(maxBytes),
  };
}
