import type { OptionRules } from '../../config/structural-schema.ts';
import { clientConfigRules, endpointUrl, ownClientRule, rule, storeRules } from '../client-rules.ts';

/** An absolute URI (RFC 3986 section 4.3). */
const tokenType = { pattern: '^([A-Za-z][A-Za-z0-9+.-]*:.+)?$' } as const;

/** Requirements of `oAuthTokenExchange` beyond the types of its options, as far as an API server can check them. */
export const optionRules: OptionRules = {
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
