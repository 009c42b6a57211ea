import { checkClaims } from './claims.ts';
import { type AssertionInput, checkClientAuth } from './client-auth.ts';
import {
  clientCredentialsOptions,
  type ClientCredentialsOptions,
  type clientCredentialsSchema,
} from './schema.ts';
import type { RawOptions } from './options-of.ts';
import { parseShape, toRecord, type ParserResult } from './parse-shape.ts';
import type { Report } from './report.ts';
import { checkProxy, checkRequest } from './request.ts';
import { checkServer } from './server.ts';
import { checkStore } from './store.ts';
import { type TlsInput, checkTls } from './tls.ts';
import { checkVerification } from './verify.ts';

/** Parses options as written: all problems at once, defaults filled in, the result frozen. */
export const parseClientCredentials = (raw: unknown): ParserResult<ClientCredentialsOptions> =>
  parseShape(raw, clientCredentialsOptions, checkMeaning);

function checkMeaning(shape: RawOptions<typeof clientCredentialsSchema.shape>, report: Report): void {
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
