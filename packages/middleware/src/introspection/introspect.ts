import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi';
import { allowInsecureRequests, customFetch, introspectionRequest } from 'oauth4webapi';
import type { Clock } from '../base/clock.ts';
import { toFailedAttempt } from '../token/attempt.ts';
import type { EndpointRequest } from '../token/endpoint-client.ts';
import type { Attempt } from '../token/retry.ts';
import { toRequestHeaders } from '../token/token-request.ts';
import type { Transport } from '../token/transport.ts';
import {
  introspectionServer,
  processIntrospectionResponse,
  type IntrospectionContext,
} from './introspection-response.ts';
import type { IntrospectionRequestOptions } from './schema.ts';

export interface IntrospectParts extends Pick<IntrospectionContext, 'maxCacheMs' | 'readSigned'> {
  readonly clock: Clock;
}

/** Sends one introspection request (RFC 7662 section 2.1) and reads its response; failures are values. */
export async function introspect(
  options: IntrospectionRequestOptions,
  { clock, maxCacheMs, readSigned }: IntrospectParts,
  { client: credential, subject }: EndpointRequest,
  clientAuth: ClientAuth,
  transport: Transport,
): Promise<Attempt> {
  const { url, tokenTypeHint, clientID, clientConfig } = options;
  const timeoutMs = clientConfig.timeoutSeconds * 1000;
  const limit = new AbortController();
  const timer = clock.after(timeoutMs, () => limit.abort());
  const sentAtMs = clock.monotonic();
  const server: AuthorizationServer = { issuer: url, introspection_endpoint: url };
  const client: Client = { client_id: clientID ?? 'grantgate' };
  try {
    const response = await introspectionRequest(
      server,
      client,
      // Either a header of the options authenticates the gateway, or it does not authenticate.
      clientID === undefined ? () => {} : clientAuth,
      subject.clientSecret.reveal(),
      {
        additionalParameters: tokenTypeHint === undefined ? {} : { token_type_hint: tokenTypeHint },
        requestJwtResponse: readSigned !== undefined,
        // Options validation warns of http.
        [allowInsecureRequests]: url.startsWith('http:'),
        [customFetch]: (target, { headers, body }) =>
          transport.post(
            target,
            toRequestHeaders(clientConfig.headers, headers),
            body.toString(),
            limit.signal,
          ),
      },
    );
    return await processIntrospectionResponse(response, {
      sentAtMs,
      clock,
      // Withheld, because a server that quotes a token would put it into the log.
      withheld: [credential, subject],
      maxCacheMs,
      readSigned,
    });
  } catch (error) {
    return toFailedAttempt(error, introspectionServer, limit.signal.aborted ? timeoutMs : undefined);
  } finally {
    timer.cancel();
  }
}
