import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi';
import { allowInsecureRequests, customFetch, genericTokenEndpointRequest } from 'oauth4webapi';
import type { Secret } from '../base/secret.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import type { Transport } from './transport.ts';

/** Parts of a token request, apart from the client. */
export type RequestOptions = Pick<
  TokenEndpointOptions,
  'url' | 'audience' | 'scopes' | 'resource' | 'endpointParams' | 'headers'
>;

/** An authorization grant with its own parameters. */
export interface Grant {
  /** Sent as `grant_type`. */
  readonly type: string;
  /** Name and value; a name may occur several times. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** RFC 6749 section 4.4.2. */
export const clientCredentialsGrant: Grant = Object.freeze({ type: 'client_credentials', parameters: [] });

export interface TokenRequestParts {
  readonly clientId: string;
  readonly clientAuth: ClientAuth;
  readonly grant: Grant;
  readonly signal: AbortSignal;
}

/**
 * Sends one token request; `processTokenResponse` reads the response.
 *
 * @throws the errors of `Transport.post`, and LocalFault when the client cannot be authenticated.
 */
export function tokenRequest(
  options: RequestOptions,
  transport: Transport,
  { clientId, clientAuth, grant, signal }: TokenRequestParts,
): Promise<Response> {
  const { url } = options;
  const server: AuthorizationServer = { issuer: url, token_endpoint: url };
  const client: Client = { client_id: clientId };
  return genericTokenEndpointRequest(server, client, clientAuth, grant.type, toParameters(options, grant), {
    // Options validation warns of http.
    [allowInsecureRequests]: url.startsWith('http:'),
    [customFetch]: (target, { headers, body }) =>
      transport.post(target, toRequestHeaders(options.headers, headers), body.toString(), signal),
  });
}

function toParameters(
  { audience, scopes, resource, endpointParams }: RequestOptions,
  grant: Grant,
): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of grant.parameters) parameters.append(name, value);
  if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
  if (audience !== undefined) parameters.set('audience', audience);
  for (const uri of resource) parameters.append('resource', uri);
  for (const [name, value] of Object.entries(endpointParams)) parameters.set(name, value.reveal());
  return parameters;
}

/** Headers of a request with a form. Those of the gateway come last, although option validation already rejects them. */
export function toRequestHeaders(
  more: Readonly<Record<string, Secret>>,
  ours: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'grantgate' };
  for (const [name, value] of Object.entries(more)) headers[name.toLowerCase()] = value.reveal();
  // Some servers do not understand a media type with a parameter; this one has none (RFC 6749 appendix B).
  return { ...ours, ...headers, 'content-type': 'application/x-www-form-urlencoded' };
}
