import { type ClientCredentialsOptions, clientCredentialsSchema } from '@grantgate/middleware/options/schema';
import { parseClientCredentials } from '@grantgate/middleware/options/parse';
import type { Allow } from '@grantgate/middleware/decision/decision';
import { readClientOptions } from '../assertion-file.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { defineKind, type Compile } from '../kind.ts';
import type { Pass } from '../step.ts';
import { createAuthenticators, type Authenticators } from './authenticators.ts';
import { optionRules } from './option-rules.ts';

/** Traefik Hub's `oAuthClientCredentials` (RFC 6749 section 4.4). */
export const oAuthClientCredentials = defineKind<ClientCredentialsOptions>({
  name: 'oAuthClientCredentials',
  isPlugin: true,
  description: 'OAuth 2.0 client credentials (RFC 6749 section 4.4).',
  schema: () => clientCredentialsSchema,
  rules: optionRules,
  read: (config, sources) => readClientOptions(config, sources, parseClientCredentials),
  authenticatesCallers: ({ clientID }) => clientID === undefined,
  createCompile: (deps) => createCompile(createAuthenticators(deps)),
});

function createCompile(authenticators: Authenticators): Compile<ClientCredentialsOptions> {
  return (options, name) => {
    const use = authenticators.acquire(options);
    const { decide, renew, tally, purge } = use.value;
    return Object.freeze({
      name,
      onRequest: decide,
      ...(options.clientID === undefined ? { credentials: basicCredentials } : { keepsCaller: true }),
      // Every pass of this step is a decision of its authenticator.
      renew: renew && ((pass: Pass) => renew(pass as Allow)),
      tally,
      purge,
      close: () => use.release(),
    });
  };
}
