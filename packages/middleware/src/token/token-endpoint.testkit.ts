import { createFakeClock, skipWaitsBelow } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import type { TokenOutcome } from './access-token.ts';
import { createTokenEndpoint } from './create-endpoint.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import { plainGrantRules } from './granted-token.ts';

/** Default options of a token endpoint. */
export const plainOptions: Omit<TokenEndpointOptions, 'url'> = Object.freeze({
  audience: undefined,
  scopes: [],
  resource: [],
  endpointParams: {},
  headers: {},
  proxy: undefined,
  clientAuthentication: 'auto',
  assertion: Object.freeze({
    key: undefined,
    certificate: undefined,
    keyID: undefined,
    algorithm: undefined,
    audience: 'https://as.example/token',
    lifetimeSeconds: 60,
    file: undefined,
  }),
  rules: plainGrantRules,
  tls: Object.freeze({ ca: undefined, cert: undefined, key: undefined, insecureSkipVerify: false }),
  // Longer than any wait between attempts, so that only a test that advances the clock sees a time-out.
  timeoutMs: 100_000,
  maxRetries: 0,
  maxConcurrent: 64,
});

/** A client of the endpoint at `url` whose waits between attempts take no time; jitter is always one half. */
export function connectTo(url: string, options: Partial<TokenEndpointOptions> = {}) {
  const clock = createFakeClock();
  const skipping = skipWaitsBelow(60_000, clock);
  const endpoint = createTokenEndpoint(
    { ...plainOptions, url, ...options },
    { clock: skipping, random: () => 0.5 },
  );
  return {
    clock,
    /** Waits between attempts so far, in milliseconds. */
    waits: skipping.waits,
    obtain: (clientId = 'app', clientSecret = 'app-secret'): Promise<TokenOutcome> =>
      endpoint.obtain({ clientId, clientSecret: new Secret(clientSecret) }),
    close: () => endpoint.close(),
  };
}

/** An unsigned JWT (RFC 7519 section 6) with this payload. */
export function unsignedJwt(payload: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(payload)}.`;
}
