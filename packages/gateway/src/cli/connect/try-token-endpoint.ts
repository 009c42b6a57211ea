import { systemClock } from '@grantgate/middleware/base/clock';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import type { TokenOptions } from '@grantgate/middleware/open-tokens';
import { toCredential, toDiscoveryOptions, toEndpointOptions } from '@grantgate/middleware/open-tokens';
import type { AccessToken } from '@grantgate/middleware/token/access-token';
import { describeFault } from '@grantgate/middleware/token/attempt';
import { createTokenEndpoint } from '@grantgate/middleware/token/create-endpoint';
import { createDiscovery } from '@grantgate/middleware/token/discovery/discovery';
import type { ServerMetadata } from '@grantgate/middleware/token/discovery/metadata';
import { describeTokenType } from '@grantgate/middleware/token/error-response';
import { describeForOperators } from '@grantgate/middleware/token/failure';
import { createTransport } from '@grantgate/middleware/token/transport';
import { type GrantBody, judgeGrant } from './judge-grant.ts';
import type { ConnectionResult } from './connection-result.ts';

export type EndpointOptions = Omit<TokenOptions, 'store'> &
  Pick<ClientCredentialsOptions, 'clientID' | 'clientSecret'>;

/**
 * Tries a token endpoint: the configured one, or that of the issuer. At gateway level it requests one token. At application
 * level, where no credentials are known, it sends a request without any: every response shows that the endpoint is reachable.
 */
export async function tryTokenEndpoint(options: EndpointOptions): Promise<ConnectionResult> {
  // The limit of a request does not keep the process alive by itself.
  const alive = setInterval(() => {}, 60_000);
  try {
    const { url } = options;
    if (url !== undefined) return await attempt(options, { tokenEndpoint: url });
    const found = await discover(options);
    if ('fault' in found) return found;
    const outcome = await attempt(options, found);
    return { ...outcome, detail: `${outcome.detail}; token endpoint ${withoutQuery(found.tokenEndpoint)}` };
  } finally {
    clearInterval(alive);
  }
}

/** A query may contain a secret. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

type DiscoveredMetadata = Parameters<typeof toEndpointOptions>[1];

async function discover(options: EndpointOptions): Promise<ServerMetadata | ConnectionResult> {
  const discovery = createDiscovery(
    { ...toDiscoveryOptions(options), maxRetries: 0 },
    { clock: systemClock },
  );
  try {
    const found = await discovery.get();
    return found.kind === 'failure'
      ? { fault: { severity: 'error', code: 'discovery_failed' }, detail: describeForOperators(found) }
      : found;
  } finally {
    await discovery.close();
  }
}

function attempt(options: EndpointOptions, found: DiscoveredMetadata): Promise<ConnectionResult> {
  const own = toCredential(options);
  return own === undefined ? knock(options, found.tokenEndpoint) : obtain(options, found, own);
}

type EndpointCredential = Parameters<ReturnType<typeof createTokenEndpoint>['obtain']>[0];

async function obtain(
  options: EndpointOptions,
  found: DiscoveredMetadata,
  credential: EndpointCredential,
): Promise<ConnectionResult> {
  let granted: GrantBody = {};
  const endpoint = createTokenEndpoint(
    { ...toEndpointOptions(options, found), maxRetries: 0 },
    { clock: systemClock, onGrant: (body) => void (granted = body) },
  );
  try {
    const outcome = await endpoint.obtain(credential);
    if (outcome.kind === 'token')
      return judgeToken(outcome) ?? judgeGrant(options, outcome, granted) ?? givesToken(granted);
    const refused = outcome.reason === 'credentials_refused' || outcome.reason === 'request_rejected';
    return {
      fault: { severity: 'error', code: refused ? 'credentials_refused' : 'token_endpoint_unreachable' },
      detail: describeForOperators(outcome) + (isNoTokenEndpoint(outcome.response) ? hint : ''),
    };
  } finally {
    await endpoint.close();
  }
}

/** The response may contain a valid token, but not the configured kind. */
function judgeToken({ expiresAtMs, obtainedAtMs }: AccessToken): ConnectionResult | undefined {
  if (expiresAtMs === undefined)
    return {
      fault: { severity: 'warning', code: 'token_without_lifetime' },
      detail:
        'grants a token without a lifetime, so each request causes a token request: set tokenLifetime to its validity',
    };
  if (expiresAtMs <= obtainedAtMs)
    return {
      fault: { severity: 'warning', code: 'token_expired' },
      detail: 'grants a token that has already expired, so each request causes a token request',
    };
  return undefined;
}

function givesToken({ token_type: type }: GrantBody): ConnectionResult {
  return {
    fault: undefined,
    detail: `grants a token (${describeTokenType(typeof type === 'string' ? type : '')})`,
  };
}

async function knock({ clientConfig }: EndpointOptions, url: string): Promise<ConnectionResult> {
  const { tls, timeoutSeconds, proxy } = clientConfig;
  const transport = createTransport({ tls, proxy, timeoutMs: timeoutSeconds * 1000 }, systemClock);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutSeconds * 1000);
  try {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'grantgate' };
    const { status } = await transport.post(url, headers, 'grant_type=client_credentials', limit.signal);
    const summary = `the token endpoint responded with ${status}`;
    // Such a response may be deliberate, but no OAuth server sends it for a request without credentials.
    const doubtful = status >= 500 || status === 404 || status === 405 || status < 400;
    return doubtful
      ? {
          fault: { severity: 'warning', code: 'token_endpoint_unreachable' },
          detail: summary + (isNoTokenEndpoint({ status }) ? hint : ''),
        }
      : { fault: undefined, detail: `reachable (${summary})` };
  } catch (error) {
    return {
      fault: { severity: 'error', code: 'token_endpoint_unreachable' },
      detail: limit.signal.aborted
        ? `the token endpoint did not respond within ${timeoutSeconds} s`
        : `cannot reach the token endpoint: ${describeFault(error)}`,
    };
  } finally {
    clearTimeout(timer);
    await transport.close();
  }
}

const hint = ': this may not be a token endpoint';

/** Whether a response without a token has a status that token endpoints do not use for errors. */
const isNoTokenEndpoint = (
  response: { readonly status: number; readonly hasToken?: true } | undefined,
): boolean =>
  response !== undefined &&
  response.hasToken !== true &&
  (response.status < 400 || response.status === 404 || response.status === 405);
