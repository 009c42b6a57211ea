import type { OptionProblem } from './options.ts';
import { proposeName } from '../base/names.ts';
import { Secret } from '../base/secret.ts';

/** Known names of an object: the canonical name, and what stands below it when that is an object with known names too. */
export interface KnownNames {
  readonly [name: string]: KnownNames | 'value';
}

/** The names of `oAuthClientCredentials`, as Traefik Hub writes them. */
export const clientCredentialsNames: KnownNames = {
  url: 'value',
  issuer: 'value',
  clientID: 'value',
  clientSecret: 'value',
  clientAuthentication: 'value',
  audience: 'value',
  scopes: 'value',
  resource: 'value',
  endpointParams: 'value',
  tokenLifetime: 'value',
  acceptedTokenTypes: 'value',
  claims: 'value',
  forwardHeaders: 'value',
  forwardHeadersFormat: 'value',
  usernameClaim: 'value',
  renewOnUnauthorized: 'value',
  clientConfig: {
    tls: { ca: 'value', cert: 'value', key: 'value', insecureSkipVerify: 'value' },
    timeoutSeconds: 'value',
    maxRetries: 'value',
    maxConcurrent: 'value',
    headers: 'value',
    proxy: 'value',
    assertion: {
      key: 'value',
      certificate: 'value',
      keyID: 'value',
      algorithm: 'value',
      audience: 'value',
      lifetime: 'value',
      file: 'value',
    },
  },
  store: {
    keyPrefix: 'value',
    secret: 'value',
    secrets: 'value',
    redis: {
      endpoints: 'value',
      username: 'value',
      password: 'value',
      database: 'value',
      timeout: 'value',
      cluster: {},
      tls: { ca: 'value', caBundle: 'value', cert: 'value', key: 'value', insecureSkipVerify: 'value' },
      sentinel: { masterSet: 'value', username: 'value', password: 'value' },
    },
  },
};

export interface Canonical {
  readonly value: unknown;
  readonly problems: readonly OptionProblem[];
  /** The path as the user wrote it, for a path in canonical names. */
  readonly writtenPath: (path: readonly PropertyKey[]) => (string | number)[];
}

/** Renames options to their canonical letter case (names match whatever their case, as in Traefik) and reports the rest. */
export function toCanonical(raw: unknown, names: KnownNames): Canonical {
  const problems: OptionProblem[] = [];
  const written = new Map<string, string>();
  const value = rename(raw, names, [], [], problems, written);
  return {
    value,
    problems,
    writtenPath(path) {
      const result: (string | number)[] = [];
      const walked: string[] = [];
      for (const part of path) {
        walked.push(String(part));
        result.push(written.get(walked.join('\0')) ?? (typeof part === 'number' ? part : String(part)));
      }
      return result;
    },
  };
}

function rename(
  raw: unknown,
  names: KnownNames,
  path: readonly string[],
  writtenPath: readonly string[],
  problems: OptionProblem[],
  written: Map<string, string>,
): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw) || raw instanceof Secret) return raw;
  const known = new Map(Object.keys(names).map((name) => [name.toLowerCase(), name]));
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw)) {
    const here = [...writtenPath, key];
    const report = (code: string, message: string): void =>
      void problems.push({ severity: 'error', path: here, code, message });
    const name = known.get(key.toLowerCase());
    if (name === undefined) {
      report('unknown_option', `unknown option ${key}: ${proposeName(key, Object.keys(names))}`);
      continue;
    }
    if (Object.hasOwn(result, name)) {
      report('duplicate_option', `${key} is given twice (names are case-insensitive)`);
      continue;
    }
    const below = names[name];
    written.set([...path, name].join('\0'), key);
    result[name] =
      typeof below === 'object' ? rename(value, below, [...path, name], here, problems, written) : value;
  }
  return result;
}
