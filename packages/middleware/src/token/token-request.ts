import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi';
import { allowInsecureRequests, clientCredentialsGrantRequest, customFetch } from 'oauth4webapi';
import type { TokenEndpointOptions } from './endpoint.ts';
import type { Transport } from './transport.ts';

/**
 * Sends one token request (RFC 6749 section 4.4.2); what comes back is for `processTokenResponse`.
 *
 * @throws what `Transport.post` throws, and LocalFault when the client cannot be authenticated.
 */
export function tokenRequest(
  { url, audience }: Pick<TokenEndpointOptions, 'url' | 'audience'>,
  transport: Transport,
  clientId: string,
  clientAuth: ClientAuth,
  signal: AbortSignal,
): Promise<Response> {
  const server: AuthorizationServer = { issuer: url, token_endpoint: url };
  const client: Client = { client_id: clientId };
  return clientCredentialsGrantRequest(
    server,
    client,
    clientAuth,
    audience === undefined ? {} : { audience },
    {
      // Options validation warns of http.
      [allowInsecureRequests]: url.startsWith('http:'),
      headers: { 'user-agent': 'grantgate' },
      [customFetch]: (target, { headers, body }) => transport.post(target, headers, body.toString(), signal),
    },
  );
}
