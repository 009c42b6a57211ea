import type { z } from 'zod';
import {
  type AssertionInput,
  assertionSchema,
  clientAuthenticationSchema,
  checkClientAuth,
} from './client-auth.ts';
import { connectionFields, maxConcurrentSchema, proxySchema } from './connection-schema.ts';
import type { OptionsOf, RawOptions } from './options-of.ts';
import { toRecord } from './parse-shape.ts';
import type { Report } from './report.ts';
import { headersSchema, checkProxy, checkRequest } from './request.ts';
import { isText, secret, secretText, toText } from './secret-schema.ts';
import { type TlsInput, checkTls } from './tls.ts';

/** The gateway as a client of an authorization server. */
export const ownClientFields = {
  clientID: secretText.optional().describe("The gateway's client ID."),
  clientSecret: secret.optional().describe("The gateway's client secret."),
  clientAuthentication: clientAuthenticationSchema,
};

/** `clientConfig` of a kind that sends requests as the gateway's client. */
export const endpointConfigFields = {
  ...connectionFields,
  maxConcurrent: maxConcurrentSchema.describe(
    'Maximum number of concurrent requests; others wait, and tokens that the server has accepted go first.',
  ),
  headers: headersSchema.describe('Additional headers of each request, by name.'),
  proxy: proxySchema,
  assertion: assertionSchema.optional().describe('JWTs with which the gateway authenticates (RFC 7523).'),
};

/**
 * The gateway as a client of an endpoint. Without `clientID`, it authenticates by a header of `clientConfig`, or not at all.
 */
export interface EndpointClientOptions extends OptionsOf<z.output<z.ZodObject<typeof ownClientFields>>> {
  readonly clientConfig: OptionsOf<z.output<z.ZodObject<typeof endpointConfigFields>>>;
}

/** Problems of the options of an endpoint's client beyond their types. */
export function checkEndpointClient(
  shape: RawOptions<EndpointClientOptions>,
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
