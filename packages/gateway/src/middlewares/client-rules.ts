import { clientAuthentications, neededBy } from '@grantgate/middleware/base/client-auth-method';
import type { OptionRules, StructuralSchema } from '../config/structural-schema.ts';

export type Rules = Pick<StructuralSchema, 'x-kubernetes-validations'>;

export const rule = (...rules: readonly (readonly [rule: string, message: string])[]): Rules => ({
  'x-kubernetes-validations': rules.map(([rule, message]) => ({ rule, message })),
});

const together = (a: string, b: string, message: string): readonly [string, string] => [
  `has(self.${a}) == has(self.${b})`,
  message,
];
const certAndKey = together('cert', 'key', 'cert and key go together');

/** A secret reference is resolved later, and then validated by the same rule. */
const pem = (expected: string): Rules =>
  rule([`self.startsWith('urn:') || self.contains('-----BEGIN')`, `expected ${expected}`]);

/** Rules of `clientConfig` for a kind that authenticates at an authorization server. */
export const clientConfigRules: OptionRules = {
  'clientConfig.tls': rule(certAndKey),
  'clientConfig.tls.ca': pem('PEM certificates or a secret reference'),
  'clientConfig.tls.cert': pem('a PEM certificate or a secret reference'),
  'clientConfig.assertion.certificate': pem('a PEM certificate or a secret reference'),
};

/** Rules of `store`. */
export const storeRules: OptionRules = {
  store: rule(['has(self.secret) != has(self.secrets)', 'set either secret or secrets']),
  // An API server rejects a rule over items of an unlimited list, so the gateway checks their lengths.
  'store.secret': rule([
    `self.startsWith('urn:') || size(bytes(self)) in [16, 24, 32]`,
    'expected 16, 24 or 32 bytes, or a secret reference',
  ]),
  'store.redis': {
    ...rule(['!has(self.username) || has(self.password)', 'username requires password']),
    // Refuses a cluster that is not false together with a sentinel.
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

/** An absolute URL, http or https, without credentials or fragment; an empty text is an omitted option. */
export const endpointUrl = { pattern: '^([Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+([/?][^#]*)?)?$' } as const;

/** Methods that need a client secret. */
export const secretMethods = JSON.stringify(
  clientAuthentications.filter((method) => neededBy(method) === 'secret'),
).replaceAll('"', "'");

/** The gateway's own client, if there is one. */
export const ownClientRule: readonly [rule: string, message: string] = [
  `has(self.clientAuthentication) && !(self.clientAuthentication in ${secretMethods}) || has(self.clientID) == has(self.clientSecret)`,
  'set both clientID and clientSecret, or neither',
];
