import { resolve } from 'node:path';
import { z } from 'zod';

/** References to the gateway's own environment and files that objects of one source may use; undefined: all. */
export interface LocalReferences {
  /** The option that lists them, for messages. */
  readonly option: string;
  readonly allowed: readonly AllowedReference[];
}

export type AllowedReference =
  | { readonly kind: 'env'; readonly name: string; readonly isPrefix: boolean }
  /** A file, or a directory with everything below it; absolute, without `.` and `..`. */
  | { readonly kind: 'file'; readonly path: string };

/** Describes the valid entries of `allowLocalReferences`. */
const expectedLocalReference =
  'expected urn:env:VARIABLE, urn:env:PREFIX*, urn:file:/FILE or urn:file:/DIRECTORY/';

/**
 * Parses an entry of `allowLocalReferences`: `urn:env:NAME`, `urn:env:PREFIX*`, or `urn:file:` with an absolute path, which covers
 * itself and everything below it. Undefined for anything else.
 */
export function parseAllowedReference(text: string): AllowedReference | undefined {
  const env = /^urn:env:([A-Za-z_][A-Za-z0-9_]*)(\*?)$/i.exec(text) ?? /^urn:env:()(\*)$/i.exec(text);
  if (env !== null) return { kind: 'env', name: env[1] ?? '', isPrefix: env[2] === '*' };
  const file = /^urn:file:(\/[^*\0]*)\*?$/i.exec(text)?.[1];
  // A prefix must end at the end of a name: `/run/app*` would allow `/run/application`.
  if (file === undefined || (text.endsWith('*') && !file.endsWith('/'))) return undefined;
  return { kind: 'file', path: resolve(file) };
}

/** `allowLocalReferences` of a provider. */
export const localReferencesSchema = z.array(
  z.string().refine((text) => parseAllowedReference(text) !== undefined, { error: expectedLocalReference }),
);

/** Whether an environment variable may be read. */
export function isEnvAllowed({ allowed }: LocalReferences, variable: string): boolean {
  return allowed.some(
    (entry) =>
      entry.kind === 'env' && (entry.isPrefix ? variable.startsWith(entry.name) : variable === entry.name),
  );
}

/** The listed paths that cover a file; `path` is absolute, without `.` and `..`. */
export function findAllowedPaths({ allowed }: LocalReferences, path: string): readonly string[] {
  return allowed.flatMap((entry) =>
    entry.kind === 'file' && isAtOrBelow(path, entry.path) ? [entry.path] : [],
  );
}

/** Compares whole names: `/run/application` is not below `/run/app`. */
export function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** @param option that lists them. */
export function toLocalReferences(option: string, written: readonly string[]): LocalReferences {
  return Object.freeze({
    option,
    allowed: Object.freeze(written.flatMap((text) => parseAllowedReference(text) ?? [])),
  });
}
