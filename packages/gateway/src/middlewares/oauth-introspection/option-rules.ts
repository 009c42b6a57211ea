import type { OptionRules } from '../../config/structural-schema.ts';
import { clientConfigRules, endpointUrl, ownClientRule, rule, storeRules } from '../client-rules.ts';

/** Requirements of `oAuthIntrospection` beyond the types of its options, as far as an API server can check them. */
export const optionRules: OptionRules = {
  '': rule(ownClientRule),
  'clientConfig.url': endpointUrl,
  ...clientConfigRules,
  ...storeRules,
};
