import { checkClaims, toClaimsOptions } from './claims.ts';
import type { AssertionInput } from './client-auth-schema.ts';
import { checkClientAuth, toAssertionOptions } from './client-auth.ts';
import type { ClientCredentialsOptions, OptionProblem } from './options.ts';
import { parseShape, toRecord } from './parse-shape.ts';
import type { Report } from './report.ts';
import { checkProxy, checkRequest, toList, toNamedSecrets, toScopes } from './request.ts';
import type { ClientCredentialsShape } from './schema.ts';
import { clientCredentialsSchema } from './schema.ts';
import { toSecret, toText } from './secret-schema.ts';
import { checkServer, toServer } from './server.ts';
import { checkStore, toStoreOptions } from './store.ts';
import type { TlsInput } from './tls-schema.ts';
import { checkTls, toAuthorizationServerTls } from './tls.ts';
import { checkVerification, toOwnIntrospection, toVerifyOptions } from './verify.ts';

export interface ParsedOptions {
  /** Undefined when a problem is an error. */
  readonly options: ClientCredentialsOptions | undefined;
  readonly problems: readonly OptionProblem[];
}

/** Parses options as written: all problems at once, defaults filled in, the result frozen. */
export function parseClientCredentials(raw: unknown): ParsedOptions {
  const { shape, problems } = parseShape(raw, clientCredentialsSchema, checkMeaning);
  return { options: shape && freeze(shape), problems };
}

function checkMeaning(shape: Partial<ClientCredentialsShape>, report: Report): void {
  checkServer(shape, report);
  const clientConfig = toRecord(shape.clientConfig);
  const tls: TlsInput | undefined = toRecord(clientConfig?.['tls']);
  const assertion: AssertionInput | undefined = toRecord(clientConfig?.['assertion']);
  checkProxy(clientConfig?.['proxy'], report);
  checkRequest({ ...shape, headers: clientConfig?.['headers'] }, report);
  checkClientAuth({ ...shape, assertion, tls }, report);
  checkClaims(shape, report);
  checkVerification(shape, report);
  if (tls !== undefined)
    checkTls(tls, { path: ['clientConfig', 'tls'], caName: 'ca', peer: 'the authorization server' }, report);
  checkStore(shape.store, report);
}

function freeze(shape: ClientCredentialsShape): ClientCredentialsOptions {
  return Object.freeze({
    ...toServer(shape),
    clientID: shape.clientID === undefined ? undefined : toText(shape.clientID),
    clientSecret: shape.clientSecret === undefined ? undefined : toSecret(shape.clientSecret),
    clientAuthentication: shape.clientAuthentication,
    audience: shape.audience,
    scopes: Object.freeze(toScopes(shape.scopes)),
    resource: Object.freeze(toList(shape.resource)),
    endpointParams: toNamedSecrets(shape.endpointParams),
    tokenLifetimeMs: shape.tokenLifetime,
    acceptedTokenTypes: Object.freeze(shape.acceptedTokenTypes.map((type) => type.trim().toLowerCase())),
    ...toClaimsOptions(shape),
    verify: shape.verify && toVerifyOptions(shape.verify, shape.audience),
    introspection: shape.introspection && toOwnIntrospection(shape.introspection),
    renewOnUnauthorized: shape.renewOnUnauthorized,
    clientConfig: Object.freeze({
      tls: toAuthorizationServerTls(shape.clientConfig.tls),
      timeoutSeconds: shape.clientConfig.timeoutSeconds,
      maxRetries: shape.clientConfig.maxRetries,
      maxConcurrent: shape.clientConfig.maxConcurrent,
      proxy: shape.clientConfig.proxy === undefined ? undefined : toSecret(shape.clientConfig.proxy),
      headers: toNamedSecrets(shape.clientConfig.headers),
      assertion: shape.clientConfig.assertion && toAssertionOptions(shape.clientConfig.assertion),
    }),
    store: shape.store && toStoreOptions(shape.store),
  });
}
