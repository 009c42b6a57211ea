import { describeDuplicate, describeUnknown } from '../base/names.ts';
import { compileClaims } from '../claims/compile.ts';
import { compileForwardHeaders } from '../claims/headers.ts';
import { parseClaimPath } from '../claims/path.ts';
import { asMeant } from './as-meant.ts';
import type { AssertionInput } from './client-auth-schema.ts';
import { checkClientAuth, toAssertionOptions } from './client-auth.ts';
import type { ClientCredentialsOptions, OptionProblem } from './options.ts';
import type { Report } from './report.ts';
import { renameOptions } from './rename-options.ts';
import { checkProxy, checkRequest, toList, toNamedSecrets, toScopes } from './request.ts';
import type { ClientCredentialsShape } from './schema.ts';
import { clientCredentialsSchema } from './schema.ts';
import { toSecret, toText } from './secret-schema.ts';
import { checkServer, toServer } from './server.ts';
import { checkStore, toStoreOptions } from './store.ts';
import type { TlsInput } from './tls-schema.ts';
import { checkTls } from './tls.ts';

export interface ParsedOptions {
  /** Undefined when a problem is an error. */
  readonly options: ClientCredentialsOptions | undefined;
  readonly problems: readonly OptionProblem[];
}

/** Parses options as a user wrote them: all problems at once, defaults filled in, the result frozen. */
export function parseClientCredentials(raw: unknown): ParsedOptions {
  const problems: OptionProblem[] = [];
  const refuseName = (path: (string | number)[], code: string, message: string): void =>
    void problems.push({ severity: 'error', path, code, message });
  const renamed = renameOptions(raw, clientCredentialsSchema, {
    dropsNull: false,
    onUnknown: (key, path, known) =>
      refuseName(path, 'unknown_option', describeUnknown('option', key, known)),
    onDuplicate: (name, path) => refuseName(path, 'duplicate_option', describeDuplicate(name)),
  });
  const report: Report = (severity, path, code, message, within) =>
    void problems.push({
      severity,
      path: renamed.writtenPath(path),
      code,
      message,
      ...(within && { within }),
    });

  const value = asMeant(renamed.value, clientCredentialsSchema);
  const parsed = clientCredentialsSchema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const missing =
        (issue.code === 'invalid_type' || issue.code === 'invalid_union') &&
        valueAt(value, issue.path) === undefined;
      report(
        'error',
        issue.path,
        missing ? 'missing_option' : 'invalid_value',
        missing ? 'is required' : describe(issue),
      );
    }
  }
  // What each value means is checked even when another one has the wrong type, so that everything is said at once.
  const partial = value as Partial<ClientCredentialsShape> | null | undefined;
  if (typeof partial === 'object' && partial !== null) checkMeaning(partial, report);
  if (!parsed.success || problems.some((problem) => problem.severity === 'error'))
    return { options: undefined, problems };
  return { options: freeze(parsed.data), problems };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const part of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined;
  return at;
}

function describe(issue: { readonly code: string; readonly message: string }): string {
  // zod's words name the expected type and never the value.
  return issue.code === 'invalid_union' && issue.message.startsWith('Invalid input')
    ? 'expected a non-empty string'
    : issue.message.replace(/^Invalid input: /, '');
}

function checkMeaning(shape: Partial<ClientCredentialsShape>, report: Report): void {
  checkServer(shape, report);
  // The shape may be one that the schema refused: YAML writes an empty value as null.
  const clientConfig = toRecord(shape.clientConfig);
  const tls: TlsInput | undefined = toRecord(clientConfig?.['tls']);
  const assertion: AssertionInput | undefined = toRecord(clientConfig?.['assertion']);
  checkProxy(clientConfig?.['proxy'], report);
  checkRequest({ ...shape, headers: clientConfig?.['headers'] }, report);
  checkClientAuth({ ...shape, assertion, tls }, report);
  if (typeof shape.claims === 'string' && shape.claims !== '') {
    const compiled = compileClaims(shape.claims);
    if (!compiled.ok) {
      for (const { message, offset, line, column } of compiled.diagnostics)
        report('error', ['claims'], 'invalid_expression', message, { offset, line, column });
    }
  }
  checkForwardHeaders(shape.forwardHeaders, report);
  if (typeof shape.usernameClaim === 'string' && shape.usernameClaim !== '') {
    const path = parseClaimPath(shape.usernameClaim);
    if (!path.ok) report('error', ['usernameClaim'], 'invalid_value', path.message);
  }
  if (tls !== undefined)
    checkTls(tls, { path: ['clientConfig', 'tls'], caName: 'ca', peer: 'the authorization server' }, report);
  checkStore(shape.store, report);
}

const toRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

function checkForwardHeaders(headers: unknown, report: Report): void {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return;
  const refuse = (header: string, message: string): void =>
    report('error', ['forwardHeaders', header], 'invalid_value', message);
  // The schema drops this name without a word; the caller's own header would then pass.
  if (Object.hasOwn(headers, '__proto__')) refuse('__proto__', 'cannot be the name of a forwarded header');
  const texts = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[0] !== '__proto__' && typeof entry[1] === 'string',
  );
  const compiled = compileForwardHeaders(Object.fromEntries(texts));
  if (!compiled.ok) for (const { header, message } of compiled.problems) refuse(header, message);
}

function freeze(shape: ClientCredentialsShape): ClientCredentialsOptions {
  const { tls } = shape.clientConfig;
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
    claims: shape.claims,
    forwardHeaders: Object.freeze({ ...shape.forwardHeaders }),
    forwardHeadersFormat: shape.forwardHeadersFormat,
    usernameClaim: shape.usernameClaim,
    renewOnUnauthorized: shape.renewOnUnauthorized,
    clientConfig: Object.freeze({
      tls: Object.freeze({
        ca: tls.ca === undefined ? undefined : toText(tls.ca),
        cert: tls.cert === undefined ? undefined : toText(tls.cert),
        key: tls.key === undefined ? undefined : toSecret(tls.key),
        insecureSkipVerify: tls.insecureSkipVerify,
      }),
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
