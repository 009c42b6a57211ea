import { assertionSchema, clientAuthenticationSchema } from './client-auth-schema.ts';
import { connectionFields, maxConcurrentSchema, proxySchema } from './connection-schema.ts';
import { headersSchema } from './request-schema.ts';
import { secret, secretText } from './secret-schema.ts';

/** The gateway as a client of an authorization server. */
export const ownClientFields = {
  clientID: secretText.optional().describe("The gateway's client ID."),
  clientSecret: secret.optional().describe("The gateway's client secret."),
  clientAuthentication: clientAuthenticationSchema,
};

/** `clientConfig` of a kind that sends requests as the gateway's client. */
export const endpointConfigFields = {
  ...connectionFields,
  maxConcurrent: maxConcurrentSchema.describe(
    'Maximum number of concurrent requests; others wait, and tokens that the server has accepted go first.',
  ),
  headers: headersSchema.optional().describe('Additional headers of each request, by name.'),
  proxy: proxySchema,
  assertion: assertionSchema.optional().describe('JWTs with which the gateway authenticates (RFC 7523).'),
};
