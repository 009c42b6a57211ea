import { addPrefix } from './add-prefix/kind.ts';
import { apiKey } from './api-key/kind.ts';
import { authenticators } from './authenticators/kind.ts';
import { basicAuth } from './basic-auth/kind.ts';
import { buffering } from './buffering/kind.ts';
import { chain } from './chain/kind.ts';
import { circuitBreaker } from './circuit-breaker/kind.ts';
import { contentType } from './content-type/kind.ts';
import { compress } from './compress/kind.ts';
import { requestHeaderModifier, responseHeaderModifier } from './gateway-filters/header-modifiers.ts';
import { requestRedirect } from './gateway-filters/request-redirect.ts';
import { urlRewrite } from './gateway-filters/url-rewrite.ts';
import { encodedCharacters } from './encoded-characters/kind.ts';
import { forwardAuth } from './forward-auth/kind.ts';
import { errors } from './errors/kind.ts';
import { headers } from './headers/kind.ts';
import { inFlightReq } from './in-flight-req/kind.ts';
import { ipAllowList, ipWhiteList } from './ip-allow-list/kind.ts';
import { jwt } from './jwt/kind.ts';
import type { MiddlewareKind } from './kind.ts';
import { oAuthClientCredentials } from './oauth-client-credentials/kind.ts';
import { oAuthIntrospection } from './oauth-introspection/kind.ts';
import { oAuthTokenExchange } from './oauth-token-exchange/kind.ts';
import { passTlsClientCert } from './pass-tls-client-cert/kind.ts';
import { protectedResource } from './protected-resource/kind.ts';
import { rateLimit } from './rate-limit/kind.ts';
import { redirectRegex } from './redirect-regex/kind.ts';
import { redirectScheme } from './redirect-scheme/kind.ts';
import { replacePathRegex } from './replace-path-regex/kind.ts';
import { replacePath } from './replace-path/kind.ts';
import { stripPrefixRegex } from './strip-prefix-regex/kind.ts';
import { retry } from './retry/kind.ts';
import { stripPrefix } from './strip-prefix/kind.ts';

/** Every supported kind of middleware; readers, schemas, references, manifests and policies derive from this list. */
export const kinds: readonly MiddlewareKind[] = Object.freeze([
  oAuthClientCredentials,
  apiKey,
  jwt,
  oAuthIntrospection,
  oAuthTokenExchange,
  authenticators,
  protectedResource,
  chain,
  forwardAuth,
  headers,
  contentType,
  encodedCharacters,
  stripPrefix,
  stripPrefixRegex,
  addPrefix,
  replacePath,
  replacePathRegex,
  redirectScheme,
  redirectRegex,
  ipAllowList,
  ipWhiteList,
  basicAuth,
  rateLimit,
  inFlightReq,
  passTlsClientCert,
  compress,
  retry,
  circuitBreaker,
  errors,
  buffering,
]);

/** Filters of an HTTPRoute, which cannot be configured as middlewares. */
const filterKinds: readonly MiddlewareKind[] = [
  requestHeaderModifier,
  responseHeaderModifier,
  requestRedirect,
  urlRewrite,
];

const byName: ReadonlyMap<string, MiddlewareKind> = new Map(
  [...kinds, ...filterKinds].map((kind) => [kind.name.toLowerCase(), kind]),
);

/** @param name in any letter case. */
export const findKind = (name: string): MiddlewareKind | undefined => byName.get(name.toLowerCase());
