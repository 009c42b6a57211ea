import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi';
import { allowInsecureRequests, clientCredentialsGrantRequest, customFetch } from 'oauth4webapi';
import type { Secret } from '../base/secret.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import type { Transport } from './transport.ts';

/** Parts of a token request, apart from the client. */
export type RequestOptions = Pick<
  TokenEndpointOptions,
  'url' | 'audience' | 'scopes' | 'resource' | 'endpointParams' | 'headers'
>;

/**
 * Sends one token request (RFC 6749 section 4.4.2); `processTokenResponse` reads the response.
 *
 * @throws what `Transport.post` throws, and LocalFault when the client cannot be authenticated.
 */
export function tokenRequest(
  options: RequestOptions,
  transport: Transport,
  clientId: string,
  clientAuth: ClientAuth,
  signal: AbortSignal,
): Promise<Response> {
  const { url } = options;
  const server: AuthorizationServer = { issuer: url, token_endpoint: url };
  const client: Client = { client_id: clientId };
  return clientCredentialsGrantRequest(server, client, clientAuth, toParameters(options), {
    // Options validation warns of http.
    [allowInsecureRequests]: url.startsWith('http:'),
    [customFetch]: (target, { headers, body }) =>
      transport.post(target, toRequestHeaders(options.headers, headers), body.toString(), signal),
  });
}

function toParameters({ audience, scopes, resource, endpointParams }: RequestOptions): URLSearchParams {
  const parameters = new URLSearchParams();
  if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
  if (audience !== undefined) parameters.set('audience', audience);
  for (const uri of resource) parameters.append('resource', uri);
  for (const [name, value] of Object.entries(endpointParams)) parameters.set(name, value.reveal());
  return parameters;
}

/** Headers of a request with a form. Ours come last: the validation of options allows nobody to set them. */
export function toRequestHeaders(
  more: Readonly<Record<string, Secret>>,
  ours: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'grantgate' };
  for (const [name, value] of Object.entries(more)) headers[name.toLowerCase()] = value.reveal();
  // Some servers do not understand a media type with a parameter; this one has none (RFC 6749 appendix B).
  return { ...ours, ...headers, 'content-type': 'application/x-www-form-urlencoded' };
}
