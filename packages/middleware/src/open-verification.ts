import type { Tracing } from './base/tracing.ts';
import type { Stores } from './cache/stores.ts';
import type { TokenTally } from './cache/token-tally.ts';
import type { KeyParts } from './jwt/open-keys.ts';
import type { EndpointStates } from './token/endpoint-state.ts';
import type { TokenVerification, VerifyToken } from './decision/judge.ts';
import type { ClientCredentialsOptions, OwnIntrospectionOptions, VerifyOptions } from './options/schema.ts';

/** Verifies the tokens that one middleware obtains. */
export interface OpenVerification {
  readonly verify: VerifyToken;
  close(): Promise<void>;
}

export interface VerificationParts extends KeyParts {
  readonly stores?: Stores | undefined;
  /** Default: none. Middlewares that share them limit and suspend requests to one endpoint together. */
  readonly endpoints?: EndpointStates | undefined;
  /** Of the middleware, whose requests for tokens it counts: its introspection endpoint belongs to it. */
  readonly tally?: TokenTally | undefined;
}

/** Undefined when the options require no verification. Nothing is loaded before the first token is verified. */
export function openTokenVerification(
  options: ClientCredentialsOptions,
  parts: VerificationParts,
): OpenVerification | undefined {
  const { verify, introspection } = options;
  const { tracing } = parts;
  if (introspection !== undefined)
    return defer(() => openIntrospection(options, introspection, parts), tracing);
  return verify && defer(() => openSignatures(options, verify, parts), tracing);
}

function defer(open: () => Promise<OpenVerification>, tracing: Tracing | undefined): OpenVerification {
  let opening: Promise<OpenVerification> | undefined;
  const verify: VerifyToken = async (token) => (await (opening ??= open())).verify(token);
  return {
    verify: (token) => (tracing === undefined ? verify(token) : tracing.keep(() => verify(token))),
    close: async () => (await opening)?.close(),
  };
}

async function openSignatures(
  { clientConfig }: ClientCredentialsOptions,
  { jwksUrl, issuer, ...rules }: VerifyOptions,
  parts: VerificationParts,
): Promise<OpenVerification> {
  const [{ openKeys }, { createVerifyJwt }] = await Promise.all([
    import('./jwt/open-keys.ts'),
    import('./jwt/verify-jwt.ts'),
  ]);
  const keys = openKeys(
    {
      keys: jwksUrl === undefined ? { kind: 'issuer', issuer: issuer ?? '' } : { kind: 'url', url: jwksUrl },
      issuers: rules.issuers,
      clientConfig,
    },
    parts,
  );
  const verifyJwt = createVerifyJwt(rules, keys, parts.clock);
  return {
    async verify({ value }): Promise<TokenVerification> {
      const outcome = await verifyJwt(value);
      if (outcome.kind === 'accepted')
        return { kind: 'verified', claims: outcome.claims, trust: outcome.key.trust };
      return outcome;
    },
    close: () => keys.close(),
  };
}

async function openIntrospection(
  options: ClientCredentialsOptions,
  { url, tokenTypeHint, audience, issuers, ...client }: OwnIntrospectionOptions,
  { clock, stores, endpoints, tally, tracing }: VerificationParts,
): Promise<OpenVerification> {
  const { createIntrospection } = await import('./introspection/create-introspection.ts');
  const isOwn = client.clientID === undefined;
  const { clientID, clientSecret } = isOwn ? options : client;
  const introspection = createIntrospection(
    {
      url,
      tokenTypeHint,
      audience,
      issuers,
      clientID,
      clientSecret,
      clientAuthentication: isOwn ? options.clientAuthentication : 'auto',
      clientConfig: options.clientConfig,
      verify: undefined,
      maxCacheMs: ownTokenCacheMs,
      store: options.store,
    },
    { clock, stores, endpoints, user: tally, tracing },
  );
  return {
    async verify({ value }): Promise<TokenVerification> {
      const outcome = await introspection.introspect(value);
      if (outcome.kind === 'active') return { kind: 'verified', claims: outcome.claims };
      return outcome.kind === 'failure' ? outcome : { kind: 'refused', reason: outcome.reason };
    },
    close: () => introspection.close(),
  };
}

/** Milliseconds for which processes share the response about a token. Each process requests it once per token. */
const ownTokenCacheMs = 60_000;
