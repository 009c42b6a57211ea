import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import { createTokenTally, type TokenTally } from '@grantgate/middleware/cache/token-tally';
import {
  createExchangeAuthenticator,
  type ExchangeAuthenticator,
} from '@grantgate/middleware/exchange/create-exchange-authenticator';
import type { ExchangeOptions } from '@grantgate/middleware/exchange/schema';
import { parseExchange } from '@grantgate/middleware/exchange/parse';
import { exchangeSchema } from '@grantgate/middleware/exchange/schema';
import { createEndpointStates } from '@grantgate/middleware/token/endpoint-state';
import { createCredentialCache } from '@grantgate/middleware/verification/credential-cache';
import { createSharing } from '../../reload/shared-resources.ts';
import { readClientOptions } from '../assertion-file.ts';
import { callerProofs } from '../caller-proofs.ts';
import { createCallerStep } from '../caller-step.ts';
import { defineKind, type Compile, type MiddlewareDeps } from '../kind.ts';
import type { StepRequest } from '../step.ts';
import { optionRules } from './option-rules.ts';
import { toPresentedRequest } from './presented-request.ts';

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
