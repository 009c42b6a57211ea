import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import { createTokenTally, type TokenTally } from '@grantgate/middleware/cache/token-tally';
import {
  createIntrospectionAuthenticator,
  type IntrospectionAuthenticator,
} from '@grantgate/middleware/introspection/create-introspection-authenticator';
import { type IntrospectionOptions, introspectionSchema } from '@grantgate/middleware/introspection/schema';
import { parseIntrospection } from '@grantgate/middleware/introspection/parse';
import { createDiscoveries } from '@grantgate/middleware/token/discovery/discoveries';
import { createEndpointStates } from '@grantgate/middleware/token/endpoint-state';
import { createCredentialCache } from '@grantgate/middleware/verification/credential-cache';
import { createSharing } from '../../reload/shared-resources.ts';
import { readClientOptions } from '../assertion-file.ts';
import { callerProofs, createCallerStep } from '../caller-step.ts';
import { openKeysSource } from '../keys-source.ts';
import { defineKind, type Compile, type MiddlewareDeps } from '../kind.ts';
import type { StepRequest } from '../step.ts';
import type { OptionRules } from '../../config/structural-schema.ts';
import { clientConfigRules, endpointUrl, ownClientRule, rule, storeRules } from '../client-rules.ts';

/** Requirements of `oAuthIntrospection` beyond the types of its options, as far as an API server can check them. */
const optionRules: OptionRules = {
  '': rule(ownClientRule),
  'clientConfig.url': endpointUrl,
  ...clientConfigRules,
  ...storeRules,
};

/** Traefik Hub's `oAuthIntrospection` (RFC 7662). */
export const oAuthIntrospection = defineKind<IntrospectionOptions>({
  name: 'oAuthIntrospection',
  isPlugin: true,
  description: 'Accepts callers whose token the introspection endpoint reports as active (RFC 7662).',
  schema: () => introspectionSchema,
  rules: optionRules,
  read: (config, sources) => readClientOptions(config, sources, parseIntrospection),
  authenticatesCallers: () => true,
  createCompile,
});

interface CountedIntrospection extends IntrospectionAuthenticator<StepRequest> {
  readonly tally: TokenTally;
}

/** Middlewares with the same options share connections and responses, across reloads. */
function createCompile(deps: MiddlewareDeps): Compile<IntrospectionOptions> {
  const { clock, stores, openTally, tracing } = deps;
  const discoveries = createDiscoveries({
    ...{ clock, tracing },
    onEvent: (event) => deps.discoveries?.publish(event),
  });
  const cache = createCredentialCache({ clock });
  const endpoints = deps.endpoints ?? createEndpointStates(clock);
  const sharing = createSharing<CountedIntrospection>((authenticator) => authenticator.close());
  return (options, name) => {
    const use = sharing.acquire(fingerprint(options), () => {
      const tally = openTally?.() ?? createTokenTally();
      const source = openKeysSource(deps);
      const authenticator = createIntrospectionAuthenticator<StepRequest>(options, {
        clock,
        cache,
        stores,
        endpoints,
        discoveries,
        onKeys: source.onKeys,
        tracing,
        proofs: callerProofs,
        tally,
      });
      return source.closing({ ...authenticator, tally });
    });
    const authentication = use.value;
    return createCallerStep(name, {
      source: authentication.source,
      authentication,
      forwards: options.forwardAuthorization,
      tally: authentication.tally,
      close: () => use.release(),
    });
  };
}
