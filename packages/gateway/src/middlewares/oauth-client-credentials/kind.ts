import { type ClientCredentialsOptions, clientCredentialsSchema } from '@grantgate/middleware/options/schema';
import { parseClientCredentials } from '@grantgate/middleware/options/parse';
import type { Allow } from '@grantgate/middleware/decision/decision';
import { readClientOptions } from '../assertion-file.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { defineKind, type Compile } from '../kind.ts';
import type { Pass } from '../step.ts';
import { createAuthenticators, type Authenticators } from './authenticators.ts';
import type { OptionRules } from '../../config/structural-schema.ts';
import { clientConfigRules, endpointUrl, rule, secretMethods, storeRules } from '../client-rules.ts';

/**
 * Requirements of `oAuthClientCredentials` beyond the types of its options, as far as an API server can check them: CEL rules and
 * patterns, by path. `parseClientCredentials` rejects all values that they reject, and more.
 */
const optionRules: OptionRules = {
  '': rule(
    [`has(self.url) && self.url != '' || has(self.issuer) && self.issuer != ''`, 'set url or issuer'],
    [
      `has(self.clientAuthentication) && !(self.clientAuthentication in ${secretMethods}) || has(self.clientID) == has(self.clientSecret)`,
      'set both clientID and clientSecret (gateway level) or neither (application level)',
    ],
    [
      `!has(self.clientAuthentication) || self.clientAuthentication in ${secretMethods} || has(self.clientID)`,
      'this clientAuthentication requires clientID, because a caller brings only an ID and a secret',
    ],
  ),
  url: endpointUrl,
  // The same pattern without a query.
  issuer: { pattern: '^([Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+(/[^?#]*)?)?$' },
  ...clientConfigRules,
  ...storeRules,
};

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
