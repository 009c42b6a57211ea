import { isLoopback } from '../../base/loopback.ts';

/** The metadata of an issuer that token requests need (RFC 8414 section 2). */
export interface ServerMetadata {
  readonly kind: 'metadata';
  /** Absolute URL. For a client with a certificate: the alias for mutual TLS, if there is one (RFC 8705 section 5). */
  readonly tokenEndpoint: string;
  /** The method that `clientAuthentication: auto` tries first. */
  readonly firstMethod: 'client_secret_basic' | 'client_secret_post';
  /** Absolute URL of the keys that sign tokens; undefined when there is no usable one. */
  readonly jwksUri: string | undefined;
}

/** Requirements on metadata. */
export interface MetadataRules {
  readonly issuer: string;
  /** Whether the client has a certificate. */
  readonly usesCertificate: boolean;
}

/** Why a document is not valid metadata of the issuer; may quote the document, so for operators only. */
export interface MetadataProblem {
  readonly kind: 'problem';
  readonly text: string;
}

/**
 * Reads the metadata of an issuer. `issuer` must be identical (RFC 8414 section 3.3, OpenID Connect Discovery 1.0 section 4.3);
 * `processDiscoveryResponse` of `oauth4webapi` compares normalized URLs, so it is not used.
 */
export function readMetadata(
  document: unknown,
  { issuer, usesCertificate }: MetadataRules,
): ServerMetadata | MetadataProblem {
  const fields = toRecord(document);
  if (fields === undefined) return problem('expected a JSON object');
  if (fields['issuer'] !== issuer) return problem(`issuer is ${quote(fields['issuer'])}, expected ${quote(issuer)}`);
  const aliases = usesCertificate ? toRecord(fields['mtls_endpoint_aliases']) : undefined;
  const name = aliases?.['token_endpoint'] === undefined ? 'token_endpoint' : 'mtls_endpoint_aliases.token_endpoint';
  const endpoint = aliases?.['token_endpoint'] ?? fields['token_endpoint'];
  const fault = findEndpointFault(endpoint, new URL(issuer));
  if (typeof endpoint !== 'string' || fault !== undefined)
    return problem(`${name} is ${quote(endpoint)}, ${fault ?? 'expected a URL'}`);
  const methods = fields['token_endpoint_auth_methods_supported'];
  const knowsPostAlone =
    Array.isArray(methods) && methods.includes('client_secret_post') && !methods.includes('client_secret_basic');
  const jwksUri = fields['jwks_uri'];
  const hasKeys = typeof jwksUri === 'string' && findEndpointFault(jwksUri, new URL(issuer)) === undefined;
  return Object.freeze({
    kind: 'metadata',
    tokenEndpoint: new URL(endpoint).href,
    firstMethod: knowsPostAlone ? 'client_secret_post' : 'client_secret_basic',
    jwksUri: hasKeys ? new URL(jwksUri).href : undefined,
  });
} // prettier-ignore

/** An https issuer must name https endpoints. Metadata received over http may name http endpoints on the same host only. */
function findEndpointFault(endpoint: unknown, issuer: URL): string | undefined {
  if (endpoint === undefined) return 'but it is required';
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return 'expected an absolute URL';
  const { protocol, hostname, username, password, hash } = new URL(endpoint);
  const isSameHost = hostname === issuer.hostname || (isLoopback(hostname) && isLoopback(issuer.hostname));
  if (protocol !== 'https:' && !(protocol === 'http:' && issuer.protocol === 'http:' && isSameHost))
    return 'expected an https URL';
  if (username !== '' || password !== '') return 'but a token endpoint has no credentials';
  if (hash !== '') return 'but a token endpoint has no fragment (RFC 6749 section 3.2)';
  return undefined;
}

const problem = (text: string): MetadataProblem => ({ kind: 'problem', text });

const toRecord = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;

const quote = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));
