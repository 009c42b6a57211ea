import { resolve } from 'node:path';
import type { UnreadSecrets } from '../config/dynamic.ts';
import type { LocalReferences } from '../config/local-references.ts';
import { findAllowedPaths, isAtOrBelow, isEnvAllowed } from '../config/local-references.ts';
import { toFileError } from '@grantgate/middleware/base/file-error';
import type { Reference } from './reference.ts';
import { parseReference } from './reference.ts';

/** Sources of referenced secrets. */
export interface SecretSources {
  /** Namespace of the middleware; undefined outside Kubernetes, which means `default`. */
  readonly namespace: string | undefined;
  /** `urn:env:` and `urn:file:` references that may be looked up; undefined: any. */
  readonly localReferences?: LocalReferences | undefined;
  /** Keys and values of each Kubernetes `Secret`, by `namespace/name`. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Secrets that are missing because they have not been read yet. Default: none. */
  readonly unreadSecrets?: UnreadSecrets;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Returns the text of a file; throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
  /** Resolves the symbolic links of a path; throws when the file does not exist. */
  readonly realPath: (path: string) => string;
}

/** Source for options of the gateway itself, as opposed to those of a middleware. */
export type SharedSources = Omit<SecretSources, 'namespace' | 'localReferences'>;

export interface ReferenceProblem {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  /**
   * `invalid_reference`, `forbidden_reference`, `missing_secret`, `unread_secret`, `forbidden_secret`, `trailing_newline` or
   * `deprecated_reference`.
   */
  readonly code: string;
  /** Names the reference, never a value. */
  readonly message: string;
}

export interface ResolveResult {
  /** A copy of the options with values instead of references; unresolved references stay as written. */
  readonly value: unknown;
  readonly problems: readonly ReferenceProblem[];
  /** The resolution of each reference. */
  readonly lookUps: readonly ReferenceLookUp[];
}

/** A reference with its resolution. */
export interface ReferenceLookUp {
  readonly reference: Reference;
  readonly found: ReferenceValue;
}

/** Checks for a file that is read elsewhere. As with any reference, the middleware is prepared again when the file comes or goes. */
export function lookUpPresence(path: string, sources: Pick<SharedSources, 'realPath'>): ReferenceLookUp {
  return { reference: { kind: 'presence', path }, found: findPresence(path, sources) };
}

function findPresence(path: string, { realPath }: Pick<SharedSources, 'realPath'>): ReferenceValue {
  try {
    realPath(path);
    return { value: path };
  } catch {
    return { message: `there is no file ${path}` };
  }
}

/** Replaces the secret references in every string of a middleware's options by their values. */
export function resolveReferences(options: unknown, sources: SecretSources): ResolveResult {
  const problems: ReferenceProblem[] = [];
  const lookUps: ReferenceLookUp[] = [];
  return { value: walk(options, [], { sources, problems, lookUps }), problems, lookUps };
}

/** Whether the references still resolve to the same values. */
export function isCurrent(lookUps: readonly ReferenceLookUp[], sources: SharedSources): boolean {
  return lookUps.every(({ reference, found }) => {
    const { value, message } = lookUp(reference, sources);
    return value === found.value && message === found.message;
  });
}

interface Walk {
  readonly sources: SecretSources;
  readonly problems: ReferenceProblem[];
  readonly lookUps: ReferenceLookUp[];
}

function walk(value: unknown, path: readonly (string | number)[], to: Walk): unknown {
  if (typeof value === 'string') return resolveText(value, path, to);
  if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index], to));
  // A TOML date is not a mapping: it stays unchanged for option validation.
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name], to)]),
  );
}

function resolveText(
  text: string,
  path: readonly (string | number)[],
  { sources, problems, lookUps }: Walk,
): string {
  const parsed = parseReference(text, sources.namespace);
  if (parsed.kind === 'none') return text;
  const report = (severity: 'error' | 'warning', code: string, message: string): void =>
    void problems.push({ severity, path, code, message });
  if (parsed.kind === 'invalid') {
    report('error', 'invalid_reference', parsed.message);
    return text;
  }
  if (parsed.warning !== undefined) report('warning', 'deprecated_reference', parsed.warning);
  const { localReferences } = sources;
  const reference = localReferences ? restrict(parsed.reference, localReferences) : parsed.reference;
  if (reference === undefined) {
    const option = localReferences?.option ?? '';
    report('error', 'forbidden_reference', `${text}: not allowed here: ${option} does not list it`);
    return text;
  }
  const found = lookUp(reference, sources);
  lookUps.push({ reference, found });
  if (found.value !== undefined) {
    if (reference.kind === 'kubernetes' && /[\r\n]$/.test(found.value) && isOneLine(path))
      report(
        'warning',
        'trailing_newline',
        `${text}: its value ends with a line break, which is sent unchanged`,
      );
    return found.value;
  }
  report('error', found.code ?? 'missing_secret', `${text}: ${found.message}`);
  return text;
}

/** A reference within its permissions; undefined when it is not allowed, in which case nothing is read. */
function restrict(reference: Reference, allowed: LocalReferences): Reference | undefined {
  switch (reference.kind) {
    case 'kubernetes':
    // Checked by the caller.
    case 'presence':
      return reference;
    case 'env':
      return isEnvAllowed(allowed, reference.variable) ? reference : undefined;
    case 'file': {
      // The checked path is also the path that is read: it contains no `..` for the file system to resolve.
      const path = resolve(reference.path);
      const within = findAllowedPaths(allowed, path);
      return within.length > 0 ? { kind: 'file', path, within } : undefined;
    }
  }
}

export type ReferenceValue =
  | { readonly value: string; readonly message?: undefined }
  | {
      readonly value?: undefined;
      readonly message: string;
      /** Default: `missing_secret`. */
      readonly code?: 'unread_secret' | 'forbidden_secret';
    };

function lookUp(reference: Reference, sources: SharedSources): ReferenceValue {
  const { secrets, env, readFile, realPath } = sources;
  switch (reference.kind) {
    case 'kubernetes': {
      const { namespace, name, key } = reference;
      const secret = secrets.get(`${namespace}/${name}`);
      if (secret === undefined) return toAbsent(`${namespace}/${name}`, sources.unreadSecrets);
      const value = secret.get(key);
      return value === undefined
        ? { message: `the Secret ${namespace}/${name} has no key ${key}` }
        : nonEmpty(value);
    }
    case 'presence':
      return findPresence(reference.path, sources);
    case 'env': {
      const value = Object.hasOwn(env, reference.variable) ? env[reference.variable] : undefined;
      return value === undefined
        ? { message: `the environment variable ${reference.variable} is not set` }
        : nonEmpty(value);
    }
    case 'file':
      try {
        if (reference.within !== undefined) {
          const real = realPath(reference.path);
          if (!reference.within.some((allowed) => isAtOrBelow(real, realPath(allowed))))
            return { message: 'a symbolic link leads outside the allowed paths' };
        }
        // Editors and `echo` end a file with a newline that is not part of the secret.
        return nonEmpty(readFile(reference.path).replace(/\r?\n$/, ''));
      } catch (error) {
        return { message: `the file ${reference.path} ${toFileError(error).message}` };
      }
  }
}

/** A Secret that has not been read may exist: only the cluster's response can show that it is missing. */
function toAbsent(id: string, unread: UnreadSecrets | undefined): ReferenceValue {
  switch (unread?.get(id)) {
    case 'pending':
      return { code: 'unread_secret', message: `the Secret ${id} has not been read yet` };
    case 'forbidden':
      return {
        code: 'forbidden_secret',
        message: `the Secret ${id} cannot be read: no role of the gateway allows it`,
      };
    case undefined:
      return { message: `there is no Secret ${id}` };
  }
}

const oneLine: ReadonlySet<string> = new Set([
  'clientid',
  'clientsecret',
  'username',
  'password',
  'secret',
  'signingsecret',
]);

/** Editors and `kubectl create secret --from-file` add an unintended line break. */
const isOneLine = (path: readonly (string | number)[]): boolean =>
  oneLine.has(String(path.at(-1)).toLowerCase());

const nonEmpty = (value: string): ReferenceValue =>
  value === '' ? { message: 'its value is empty' } : { value };
