import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object, read from YAML. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export const repository = fileURLToPath(new URL('../../', import.meta.url));

export const readText = (path: string): string => readFileSync(`${repository}${path}`, 'utf8');

/** The objects of a text in YAML. */
export function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    const value = document.toJS() as Manifest | null;
    if (value === null) return [];
    return value.kind === 'List' ? (value['items'] as Manifest[]) : [value];
  });
}

export const readManifests = (path: string): readonly Manifest[] => parseManifests(readText(path));

/** Paths of the YAML files below a folder, from the root of the repository. */
export const listYaml = (folder: string): readonly string[] =>
  readdirSync(`${repository}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .map((path) => `${folder}/${path}`)
    .sort();
