import type { AuthorizationServer, Client } from 'oauth4webapi';
import { allowInsecureRequests, clientCredentialsGrantRequest, customFetch } from 'oauth4webapi';
import type { ClientAuthMethod } from './client-auth/method.ts';
import { createClientAuth } from './client-auth/method.ts';
import type { Credential } from './credential.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import type { Transport } from './transport.ts';

/**
 * Sends one token request (RFC 6749 section 4.4.2); what comes back is for `processTokenResponse`.
 *
 * @throws what `Transport.post` throws.
 */
export function tokenRequest(
  { url, audience }: Pick<TokenEndpointOptions, 'url' | 'audience'>,
  transport: Transport,
  { clientId, clientSecret }: Credential,
  method: ClientAuthMethod,
  signal: AbortSignal,
): Promise<Response> {
  const server: AuthorizationServer = { issuer: url, token_endpoint: url };
  const client: Client = { client_id: clientId };
  return clientCredentialsGrantRequest(
    server,
    client,
    createClientAuth(method, clientSecret),
    audience === undefined ? {} : { audience },
    {
      // Options validation warns of http.
      [allowInsecureRequests]: url.startsWith('http:'),
      headers: { 'user-agent': 'grantgate' },
      [customFetch]: (target, { headers, body }) => transport.post(target, headers, body.toString(), signal),
    },
  );
}
