import type { OptionRules } from '../../config/structural-schema.ts';
import { clientConfigRules, endpointUrl, ownClientRule, rule, storeRules } from '../client-rules.ts';

/** What `oAuthIntrospection` demands beyond the types of its options, as far as an API server can say it. */
export const optionRules: OptionRules = {
  '': rule(ownClientRule),
  'clientConfig.url': endpointUrl,
  ...clientConfigRules,
  ...storeRules,
};
