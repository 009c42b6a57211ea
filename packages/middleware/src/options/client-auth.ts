import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { type ClientAuthentication, clientAuthentications, neededBy } from '../base/client-auth-method.ts';
import { findThumbprints, parseSigningKey, secretAlgorithms } from '../base/signing-key.ts';
import { duration } from './duration.ts';
import type { Report } from './report.ts';
import { isText, secret, secretText, toText } from './secret-schema.ts';
import type { TlsInput } from './tls.ts';

export const clientAuthenticationSchema = z
  .enum(clientAuthentications, { error: `expected one of ${clientAuthentications.join(', ')}` })
  .default('auto')
  .describe(
    'Client authentication. `auto`: `client_secret_basic` or `client_secret_post`, whichever the server accepts.',
  );

export const assertionSchema = z
  .strictObject({
    key: secret.optional().describe('Private key of `private_key_jwt`: PEM, or a JWK as JSON.'),
    certificate: secretText
      .optional()
      .describe(
        'PEM certificate of `key`: `x5t` and `x5t#S256` of the assertion, which Entra ID requires. Default: the certificate that the PEM text of `key` contains, if any.',
      ),
    keyID: z.string().min(1).optional().describe("`kid` of the assertion; default: the JWK's."),
    algorithm: z
      .string()
      .min(1)
      .optional()
      .describe(
        '`alg` of the assertion; default: the algorithm of the key, `RS256` for RSA, `HS256` for a secret.',
      ),
    audience: z
      .string()
      .min(1)
      .optional()
      .describe('`aud` of the assertion; default: the URL of the token endpoint.'),
    lifetime: duration
      .refine((ms) => ms >= 1000 && ms <= 3_600_000, { error: 'expected a duration from 1s to 1h' })
      .prefault('1m')
      .describe('Validity of an assertion.'),
    file: z
      .string()
      .min(1)
      .optional()
      .describe('Absolute path of the JWT that `assertion_file` sends; read for each token request.'),
  })
  .transform(({ lifetime, ...options }) => ({
    ...options,
    lifetimeSeconds: Math.round(lifetime / 1000),
    /** Paths that `file` must be at or below after symbolic links are resolved; undefined: any. The gateway's operator sets them. */
    within: undefined as readonly string[] | undefined,
  }));

/** `clientConfig.assertion` as a user writes it. */
export type AssertionInput = z.input<typeof assertionSchema>;

/** The options that identify the client; each may have a type that the schema refused. */
export interface ClientShape {
  readonly clientID?: unknown;
  readonly clientSecret?: unknown;
  readonly clientAuthentication?: unknown;
  readonly assertion: AssertionInput | undefined;
  readonly tls: TlsInput | undefined;
}

const assertionPath = ['clientConfig', 'assertion'] as const;

/**
 * The owner of the client. `callers`: without `clientID`, each caller brings its own (application level); `gateway`: the gateway, which
 * does not authenticate without `clientID`.
 */
export type ClientLevel = 'callers' | 'gateway';

/** Problems of a client and its method beyond the types of the options. */
export function checkClientAuth(shape: ClientShape, report: Report, level: ClientLevel = 'callers'): void {
  const method = clientAuthentications.find((name) => name === (shape.clientAuthentication ?? 'auto'));
  if (method === undefined) return;
  if (neededBy(method) === 'secret') checkSecret(shape, report, level);
  else checkOwnClient(method, shape, report, level);
  checkAssertion(method, shape.assertion, report);
}

function checkSecret({ clientID, clientSecret }: ClientShape, report: Report, level: ClientLevel): void {
  if ((clientID === undefined) === (clientSecret === undefined)) return;
  const [present, absent] =
    clientID === undefined ? ['clientSecret', 'clientID'] : ['clientID', 'clientSecret'];
  report(
    'error',
    [present],
    'missing_option',
    level === 'gateway'
      ? `${absent} is missing: set both`
      : `${absent} is missing: set both (gateway level) or neither (application level)`,
  );
}

/** A method that a caller's ID and secret cannot serve requires gateway level. */
function checkOwnClient(
  method: ClientAuthentication,
  shape: ClientShape,
  report: Report,
  level: ClientLevel,
): void {
  const missing = (name: string): void =>
    report('error', ['clientAuthentication'], 'missing_option', `${name} is missing: ${method} needs it`);
  if (shape.clientID === undefined)
    report(
      'error',
      ['clientAuthentication'],
      'missing_option',
      level === 'gateway'
        ? `clientID is missing: ${method} needs it`
        : `clientID is missing: ${method} is for gateway level, because a caller brings only an ID and a secret`,
    );
  if (shape.clientSecret !== undefined)
    report('warning', ['clientSecret'], 'ignored_option', `${method} does not use it`);
  const needed = neededBy(method);
  if (needed === 'key' && shape.assertion?.key === undefined) missing('clientConfig.assertion.key');
  if (needed === 'file' && shape.assertion?.file === undefined) missing('clientConfig.assertion.file');
  if (needed === 'certificate' && shape.tls?.cert === undefined) missing('clientConfig.tls.cert');
}

function checkAssertion(
  method: ClientAuthentication,
  assertion: AssertionInput | undefined,
  report: Report,
): void {
  if (assertion === undefined) return;
  const used: readonly (keyof AssertionInput)[] =
    method === 'private_key_jwt'
      ? ['key', 'certificate', 'keyID', 'algorithm', 'audience', 'lifetime']
      : method === 'client_secret_jwt'
        ? ['keyID', 'algorithm', 'audience', 'lifetime']
        : method === 'assertion_file'
          ? ['file']
          : [];
  for (const name of Object.keys(assertion) as (keyof AssertionInput)[])
    if (assertion[name] !== undefined && !used.includes(name))
      report(
        'warning',
        [...assertionPath, name],
        'ignored_option',
        `clientAuthentication ${method} does not use it`,
      );
  const invalid = (name: string, message: string): void =>
    report('error', [...assertionPath, name], 'invalid_value', message);
  const { key, certificate, algorithm, file } = assertion;
  const signingKey = isText(key) ? parseSigningKey(toText(key)) : undefined;
  if (isText(key) && signingKey === undefined)
    invalid(
      'key',
      'expected a private key as PEM, not encrypted, or as JWK: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519',
    );
  if (
    signingKey !== undefined &&
    isText(certificate) &&
    typeof findThumbprints(toText(certificate), signingKey.key) === 'string'
  )
    invalid('certificate', 'expected the PEM certificate of key');
  else if (
    signingKey !== undefined &&
    isText(key) &&
    certificate === undefined &&
    findThumbprints(toText(key), signingKey.key) === 'other'
  )
    invalid('key', 'it contains no certificate of the private key');
  const fitting: readonly string[] | undefined =
    method === 'client_secret_jwt' ? secretAlgorithms : signingKey?.algorithms;
  if (typeof algorithm === 'string' && fitting !== undefined && !fitting.includes(algorithm))
    invalid('algorithm', `does not match the key: expected ${fitting.join(', ')}`);
  // The path is not repeated, because a reference may have replaced it with the content of the file.
  if (typeof file === 'string' && (!isAbsolute(file) || file.includes('\0')))
    invalid('file', 'expected an absolute path');
}
