import { clientAuthentications, neededBy } from '@grantgate/middleware/base/client-auth-method';
import type { OptionRules, StructuralSchema } from '../../config/structural-schema.ts';

type Rules = Pick<StructuralSchema, 'x-kubernetes-validations'>;

const rule = (...rules: readonly (readonly [rule: string, message: string])[]): Rules => ({
  'x-kubernetes-validations': rules.map(([rule, message]) => ({ rule, message })),
});

const together = (a: string, b: string, message: string): readonly [string, string] => [
  `has(self.${a}) == has(self.${b})`,
  message,
];
const certAndKey = together('cert', 'key', 'cert and key go together');

/** Methods that a caller's ID and secret can serve. */
const secretMethods = JSON.stringify(
  clientAuthentications.filter((method) => neededBy(method) === 'secret'),
).replaceAll('"', "'");

/** A secret reference is looked up later, and then held against the same rule. */
const pem = (expected: string): Rules =>
  rule([`self.startsWith('urn:') || self.contains('-----BEGIN')`, `expected ${expected}`]);

/**
 * What `oAuthClientCredentials` demands beyond the types of its options, as far as an API server can say it: CEL rules and patterns,
 * by path. Anything they refuse is refused by `parseClientCredentials` as well; not the other way round.
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
  // Absolute, http or https, without credentials or fragment; an empty text is an option left out.
  url: { pattern: '^([Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+([/?][^#]*)?)?$' },
  // The same without a query.
  issuer: { pattern: '^([Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+(/[^?#]*)?)?$' },
  'clientConfig.tls': rule(certAndKey),
  'clientConfig.tls.ca': pem('PEM certificates or a secret reference'),
  'clientConfig.tls.cert': pem('a PEM certificate or a secret reference'),
  'clientConfig.assertion.certificate': pem('a PEM certificate or a secret reference'),
  store: rule(['has(self.secret) != has(self.secrets)', 'set either secret or secrets']),
  // An API server rejects a rule over items of a list without a limit: their lengths are for the gateway.
  'store.secret': rule([
    `self.startsWith('urn:') || size(bytes(self)) in [16, 24, 32]`,
    'expected 16, 24 or 32 bytes, or a secret reference',
  ]),
  'store.redis': {
    ...rule(['!has(self.username) || has(self.password)', 'username requires password']),
    // A cluster that is not false beside a sentinel.
    not: { required: ['cluster', 'sentinel'], properties: { cluster: { not: { enum: [false] } } } },
  },
  'store.redis.endpoints[]': { pattern: String.raw`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$` },
  'store.redis.tls': rule(certAndKey, [
    '!(has(self.ca) && has(self.caBundle))',
    'ca and caBundle are the same option',
  ]),
  'store.redis.tls.ca': pem('PEM certificates or a secret reference'),
  'store.redis.tls.caBundle': pem('PEM certificates or a secret reference'),
  'store.redis.tls.cert': pem('a PEM certificate or a secret reference'),
};
