import { createHash } from 'node:crypto';
import { parseClaims } from '@grantgate/middleware/claims/parse';
import type { Claims } from '@grantgate/middleware/claims/claims';
import { checkClaims, claimsFields } from '@grantgate/middleware/options/claims';
import type { OptionsOf, RawOptions } from '@grantgate/middleware/options/options-of';
import { parseShape, toRecord, type ParserResult } from '@grantgate/middleware/options/parse-shape';
import type { Report } from '@grantgate/middleware/options/report';
import { isText, secret, toText } from '@grantgate/middleware/options/secret-schema';
import { checkSource, sourceSchema } from '@grantgate/middleware/options/source';
import { z } from 'zod';
import { parseHtpasswd } from '../../passwords/htpasswd.ts';
import { isSlow } from '../../passwords/password-hash.ts';

const formats = 'bcrypt, Argon2, SHA-256 or SHA-512 with salt; SHA1 and MD5 with a warning';

/** Traefik Hub's options of `apiKey`, plus `keys`, `forwardAuthorization` and the options about claims. */
export const apiKeySchema = z.strictObject({
  keySource: sourceSchema.describe(
    'Where callers put their key: at least one of `header`, `query`, `cookie`.',
  ),
  secretValues: z
    .array(secret)
    .prefault([])
    .describe(`Hashes of keys, or lines \`ID:HASH\` as \`htpasswd\` writes them: ${formats}.`),
  secretNonBase64Encoded: z
    .boolean()
    .default(false)
    .describe('Whether callers send their key unencoded. Default: they send it in Base64.'),
  keys: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[^\x00-\x1f\x7f]+$/, { error: 'expected text without control characters' })
          .describe(
            'Identifies the caller in logs and limits, and is the claim `sub`. Several keys may have the same.',
          ),
        secretValue: secret.describe('Hash of the key.'),
        claims: z.record(z.string(), z.unknown()).default({}).describe('Claims of the caller.'),
      }),
    )
    .prefault([])
    .describe('Keys with the claims of their callers; `secretValues` are keys without.'),
  forwardAuthorization: z
    .boolean()
    .default(false)
    .describe('Whether the server gets the key, in the header of `keySource`.'),
  ...claimsFields,
  claims: claimsFields.claims.describe("Predicate that the key's claims must satisfy."),
  usernameClaim: z
    .string()
    .min(1)
    .default('sub')
    .describe('Claim path that fills `ClientUsername` in the access log.'),
});

/** A configured key. */
export interface ApiKey {
  readonly id: string;
  readonly hash: string;
  readonly claims: Claims;
}

type ApiKeyShape = OptionsOf<z.output<typeof apiKeySchema>>;

/** The same options after parsing. */
export interface ApiKeyOptions extends Omit<ApiKeyShape, 'keys' | 'secretValues' | 'secretNonBase64Encoded'> {
  readonly isBase64: boolean;
  readonly keys: readonly ApiKey[];
}

/** Maximum number of slow hashes to check an unknown key against: with more, guessing would keep the thread busy for seconds. */
const manySlow = 10;

export function parseApiKeyOptions(raw: unknown): ParserResult<ApiKeyOptions> {
  const { options, problems } = parseShape(raw, apiKeySchema, checkMeaning);
  return { options: options && toApiKeyOptions(options), problems };
}

function checkMeaning(shape: RawOptions<typeof apiKeySchema.shape>, report: Report): void {
  checkSource(shape.keySource, ['keySource'], report);
  checkClaims(shape, report);
  const values = Array.isArray(shape.secretValues) ? shape.secretValues : [];
  const keys = Array.isArray(shape.keys) ? shape.keys : [];
  if (values.length + keys.length === 0) report('error', [], 'missing_option', 'set secretValues, or keys');
  const hashes = [
    ...values.flatMap((value, at) => checkHashes(value, ['secretValues', at], report)),
    ...keys.flatMap((key, at) => {
      const path = ['keys', at, 'secretValue'];
      const found = checkHashes(toRecord(key)?.['secretValue'], path, report);
      if (found.length > 1) report('error', path, 'invalid_value', 'expected one hash');
      return found;
    }),
  ];
  const slow = hashes.filter(isSlow).length;
  if (slow > manySlow)
    report(
      'warning',
      ['secretValues'],
      'slow_hashes',
      `each unknown key is compared with ${slow} slow hashes: prefer {SSHA256} for generated keys`,
    );
}

/** The valid hashes of a text; problems name their lines. */
function checkHashes(value: unknown, path: readonly PropertyKey[], report: Report): readonly string[] {
  if (!isText(value)) return [];
  const lines = parseHtpasswd(toText(value));
  if (lines.length === 0) report('error', path, 'invalid_value', 'expected a hash, or ID:HASH');
  const isWhole = lines.length === 1;
  for (const { line, fault, weakness } of lines) {
    const prefix = isWhole ? '' : `line ${line}: `;
    if (fault !== undefined)
      report(
        'error',
        path,
        'invalid_value',
        prefix + (fault.of === 'line' ? 'expected ID:HASH, as htpasswd writes it' : fault.message),
      );
    else if (weakness !== undefined)
      report('warning', path, 'insecure', `${prefix}${weakness}: prefer bcrypt, or {SSHA256} for long keys`);
  }
  return lines.map(({ hash }) => hash);
}

function toApiKeyOptions({
  keys,
  secretValues,
  secretNonBase64Encoded,
  ...rest
}: ApiKeyShape): ApiKeyOptions {
  const plain = secretValues.flatMap((value) =>
    parseHtpasswd(value.reveal()).map(({ name, hash }) => toApiKey(hash, name, {})),
  );
  const named = keys.map(({ id, secretValue, claims }) =>
    toApiKey(parseHtpasswd(secretValue.reveal())[0]?.hash ?? '', id, claims),
  );
  return Object.freeze({
    ...rest,
    isBase64: !secretNonBase64Encoded,
    keys: Object.freeze([...named, ...plain]),
  });
}

/** A key without an ID gets one that stays the same while its hash does. */
function toApiKey(hash: string, name: string | undefined, claims: Readonly<Record<string, unknown>>): ApiKey {
  const id =
    name === undefined || name === ''
      ? `key-${createHash('sha256').update(hash).digest('hex').slice(0, 8)}`
      : name;
  return Object.freeze({ id, hash, claims: parseClaims(JSON.stringify({ sub: id, ...claims })) ?? {} });
}
