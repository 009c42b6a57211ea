import type { ClientAuthentication } from '../base/client-auth-method.ts';
import type { Secret } from '../base/secret.ts';
import type { AssertionSettings } from './client-auth/assertion.ts';
import type { ServerEndpointOptions } from './endpoint.ts';

/** Options of a middleware that determine the use of an endpoint. */
export interface EndpointUse {
  readonly clientAuthentication: ClientAuthentication;
  readonly clientConfig: {
    readonly tls: ServerEndpointOptions['tls'];
    /** Seconds per attempt. */
    readonly timeoutSeconds: number;
    readonly maxRetries: number;
    readonly maxConcurrent: number;
    readonly proxy: Secret | undefined;
    readonly headers: Readonly<Record<string, Secret>>;
    readonly assertion:
      | (Omit<AssertionSettings, 'audience'> & {
          /** Undefined: `the endpoint`. */
          readonly audience: string | undefined;
        })
      | undefined;
  };
}

/** Options for requests at an endpoint. */
export function toServerEndpoint(
  url: string,
  { clientAuthentication, clientConfig }: EndpointUse,
): ServerEndpointOptions {
  const { tls, timeoutSeconds, maxRetries, maxConcurrent, assertion, headers, proxy } = clientConfig;
  return {
    url,
    headers,
    proxy,
    clientAuthentication,
    assertion: Object.freeze({ ...plainAssertion, ...assertion, audience: assertion?.audience ?? url }),
    tls,
    timeoutMs: timeoutSeconds * 1000,
    maxRetries,
    maxConcurrent,
  };
}

const plainAssertion = Object.freeze({
  key: undefined,
  certificate: undefined,
  keyID: undefined,
  algorithm: undefined,
  lifetimeSeconds: 60,
  file: undefined,
});
