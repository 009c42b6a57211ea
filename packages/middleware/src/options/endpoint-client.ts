import type { z } from 'zod';
import type { ClientAuthentication } from '../base/client-auth-method.ts';
import type { Secret } from '../base/secret.ts';
import type { AssertionInput } from './client-auth-schema.ts';
import { checkClientAuth, toAssertionOptions } from './client-auth.ts';
import type { endpointConfigFields, ownClientFields } from './endpoint-client-schema.ts';
import type { ClientCredentialsOptions } from './options.ts';
import { toRecord } from './parse-shape.ts';
import type { Report } from './report.ts';
import { checkProxy, checkRequest, toNamedSecrets } from './request.ts';
import { isText, toSecret, toText } from './secret-schema.ts';
import type { TlsInput } from './tls-schema.ts';
import { checkTls, toAuthorizationServerTls } from './tls.ts';

/** The gateway as a client of an endpoint. */
export interface EndpointClientOptions {
  /** Undefined: the gateway authenticates by a header of `clientConfig`, or not at all. */
  readonly clientID: string | undefined;
  readonly clientSecret: Secret | undefined;
  readonly clientAuthentication: ClientAuthentication;
  readonly clientConfig: ClientCredentialsOptions['clientConfig'];
}

/** The options of an endpoint's client; each may be of a type that the schema refused. */
export interface EndpointClientShape {
  readonly clientID?: unknown;
  readonly clientSecret?: unknown;
  readonly clientAuthentication?: unknown;
  readonly clientConfig?: unknown;
}

/** Problems of the options beyond their types. */
export function checkEndpointClient(
  shape: EndpointClientShape,
  report: Report,
  more: { readonly ownHeaders?: readonly string[] } = {},
): void {
  const clientConfig = toRecord(shape.clientConfig);
  const tls: TlsInput | undefined = toRecord(clientConfig?.['tls']);
  const assertion: AssertionInput | undefined = toRecord(clientConfig?.['assertion']);
  const headers = toRecord(clientConfig?.['headers']);
  checkProxy(clientConfig?.['proxy'], report);
  checkRequest({ headers, ownHeaders: more.ownHeaders }, report);
  for (const [name, value] of Object.entries(headers ?? {}))
    if (isText(value) && toText(value).includes('{{'))
      report(
        'error',
        ['clientConfig', 'headers', name],
        'unsupported_template',
        'templates are not supported here: responses are cached, so a request cannot depend on its caller',
      );
  checkClientAuth({ ...shape, assertion, tls }, report, 'gateway');
  if (tls !== undefined)
    checkTls(tls, { path: ['clientConfig', 'tls'], caName: 'ca', peer: 'the authorization server' }, report);
}

/** The options that `checkEndpointClient` found nothing wrong with. */
export function toEndpointClient({
  clientID,
  clientSecret,
  clientAuthentication,
  clientConfig,
}: z.output<z.ZodObject<typeof ownClientFields>> & {
  readonly clientConfig: z.output<z.ZodObject<typeof endpointConfigFields>>;
}): EndpointClientOptions {
  const { tls, timeoutSeconds, maxRetries, maxConcurrent, proxy, headers, assertion } = clientConfig;
  return {
    clientID: clientID === undefined ? undefined : toText(clientID),
    clientSecret: clientSecret === undefined ? undefined : toSecret(clientSecret),
    clientAuthentication,
    clientConfig: Object.freeze({
      tls: toAuthorizationServerTls(tls),
      timeoutSeconds,
      maxRetries,
      maxConcurrent,
      proxy: proxy === undefined ? undefined : toSecret(proxy),
      headers: toNamedSecrets(headers),
      assertion: assertion && toAssertionOptions(assertion),
    }),
  };
}
