import type { OptionRules } from '../../config/structural-schema.ts';
import { clientConfigRules, endpointUrl, rule, secretMethods, storeRules } from '../client-rules.ts';

/**
 * Requirements of `oAuthClientCredentials` beyond the types of its options, as far as an API server can check them: CEL rules and
 * patterns, by path. `parseClientCredentials` rejects all values that they reject, and more.
 */
export const optionRules: OptionRules = {
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
