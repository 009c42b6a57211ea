import { addChallengeParameter } from '@grantgate/middleware/decision/bearer-challenge';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { unchanged, type Reply, type Step, type StepRequest } from '../step.ts';
import { wellKnownPath } from '../well-known-path.ts';

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** RFC 9728 section 1.2 and RFC 8414 section 2: https, without query and fragment. */
function isIdentifier(text: string): boolean {
  if (!URL.canParse(text) || /[?#\s]/.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isSecure = protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname));
  return isSecure && username === '' && password === '';
}

const identifier = (noun: string) =>
  z.string().refine(isIdentifier, {
    error: `expected the https URL of ${noun}, without query and fragment`,
  });
const page = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional();

const schema = z.strictObject({
  resource: identifier('the resource').describe(
    'URL of the resource as clients know it: its identifier, and the prefix of the URLs that they request.',
  ),
  authorizationServers: z
    .array(identifier('an authorization server'))
    .min(1)
    .describe('Issuers of the tokens that the route accepts.'),
  scopesSupported: z
    .array(
      z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'expected a scope (RFC 6749 section 3.3)' }),
    )
    .default([])
    .describe('Scopes that clients may request for the resource.'),
  bearerMethodsSupported: z
    .array(z.enum(['header', 'body', 'query'], { error: 'expected header, body or query' }))
    .default(['header'])
    .describe('Where the route accepts a bearer token.'),
  resourceName: z.string().optional().describe('Name that a client may show to users.'),
  resourceDocumentation: page.describe('Page for developers.'),
  resourcePolicyUri: page.describe('Page about the use of data.'),
  resourceTosUri: page.describe('Page with the terms of service.'),
  jwksUri: page.describe("The resource's own public keys."),
  tlsClientCertificateBoundAccessTokens: z
    .boolean()
    .default(false)
    .describe('Whether tokens are bound to client certificates (RFC 8705).'),
  dpopBoundAccessTokensRequired: z
    .boolean()
    .default(false)
    .describe('Whether tokens must be bound to keys of clients (RFC 9449).'),
});

type ProtectedResourceOptions = z.output<typeof schema>;

/** Metadata of a protected resource (RFC 9728). */
export const protectedResource = defineKind<ProtectedResourceOptions>({
  name: 'protectedResource',
  isPlugin: true,
  description:
    'Tells clients from which authorization servers a route accepts tokens (RFC 9728). It comes before the middlewares that authenticate.',
  schema: () => schema,
  precedesAuthenticators: true,
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile(options: ProtectedResourceOptions, name: string): Step {
  const { origin, host, pathname } = new URL(options.resource);
  const path = `${wellKnownPath}${pathname === '/' ? '' : pathname}`;
  const url = `${origin}${path}`;
  const document = Buffer.from(JSON.stringify(toDocument(options)));
  return Object.freeze({
    name,
    onRequest: () => unchanged,
    onRefusal: (refusal) =>
      refusal.challenge === undefined
        ? refusal
        : { ...refusal, challenge: addChallengeParameter(refusal.challenge, 'resource_metadata', url) },
    metadata: Object.freeze({
      path,
      host,
      respond: ({ facts }: StepRequest) => toReply(facts.method, document),
    }),
  } satisfies Step);
}

/** RFC 9728 section 2; omitted members have the defaults defined there. */
function toDocument(options: ProtectedResourceOptions): object {
  return {
    resource: options.resource,
    authorization_servers: options.authorizationServers,
    scopes_supported: options.scopesSupported.length === 0 ? undefined : options.scopesSupported,
    bearer_methods_supported: options.bearerMethodsSupported,
    resource_name: options.resourceName,
    resource_documentation: options.resourceDocumentation,
    resource_policy_uri: options.resourcePolicyUri,
    resource_tos_uri: options.resourceTosUri,
    jwks_uri: options.jwksUri,
    tls_client_certificate_bound_access_tokens: options.tlsClientCertificateBoundAccessTokens || undefined,
    dpop_bound_access_tokens_required: options.dpopBoundAccessTokensRequired || undefined,
  };
}

/** Readable by every origin, because it is public and independent of the caller. */
const anyOrigin = ['Access-Control-Allow-Origin', '*'];

function toReply(method: string, document: Buffer): Reply {
  const respond = (status: number, headers: readonly string[], body: Buffer = Buffer.alloc(0)): Reply => ({
    allowed: false,
    response: { status, headers: [...anyOrigin, ...headers], body },
  });
  switch (method) {
    case 'GET':
    case 'HEAD':
      return respond(
        200,
        ['Content-Type', 'application/json', 'Cache-Control', 'public, max-age=300'],
        document,
      );
    case 'OPTIONS':
      return respond(204, [
        ...['Access-Control-Allow-Methods', 'GET, HEAD'],
        // Clients of the Model Context Protocol send additional headers.
        ...['Access-Control-Allow-Headers', '*', 'Access-Control-Max-Age', '86400'],
      ]);
    default:
      return respond(405, ['Allow', 'GET, HEAD, OPTIONS']);
  }
}
