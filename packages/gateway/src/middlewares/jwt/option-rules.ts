import type { OptionRules } from '../../config/structural-schema.ts';
import { storeRules } from '../client-rules.ts';

const sources = ['signingSecret', 'publicKey', 'jwksFile', 'jwksUrl', 'issuer'];

/** An empty text is an omitted option. */
const given = sources.map((name) => `has(self.${name}) && self.${name} != ''`).join(', ');

/** Requirements of `jwt` beyond the types of its options, as far as an API server can check them. */
export const optionRules: OptionRules = {
  '': {
    'x-kubernetes-validations': [
      { rule: `[${given}].filter(one, one).size() == 1`, message: `set one of ${sources.join(', ')}` },
    ],
  },
  'clientConfig.tls': {
    'x-kubernetes-validations': [
      { rule: 'has(self.cert) == has(self.key)', message: 'cert and key go together' },
    ],
  },
  ...storeRules,
};
