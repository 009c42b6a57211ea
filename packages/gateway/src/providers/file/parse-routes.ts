import type { Document, ParsedDocuments } from '../../config/document.ts';
import type { LocalReferences } from '../../config/local-references.ts';
import { isEnvAllowed } from '../../config/local-references.ts';
import type { Problem } from '../../config/place.ts';
import type { EnvLookUp } from '../../template/template-function.ts';
import { findUnrendered, isManifestText } from './manifest-templates.ts';
import { findAddedKey } from './added-keys.ts';
import { createSourcePlaces, positionIn } from './source-places.ts';

export interface ParseRoutesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Environment variables that templates may read; undefined: any. */
  readonly localReferences: LocalReferences | undefined;
}

/**
 * Parses a file of routes. Like Traefik's file provider it renders YAML and TOML as a Go template first; JSON and Kubernetes
 * manifests, which Traefik does not read from files, are never rendered. Positions refer to the file as written.
 *
 * @param parse parses the text, after rendering if it is a template.
 */
export async function parseRoutes(
  file: string,
  source: string,
  parse: (text: string) => ParsedDocuments,
  options: ParseRoutesOptions,
): Promise<ParsedDocuments> {
  if (!source.includes('{{') || file.toLowerCase().endsWith('.json')) return parse(source);
  if (isManifestText(source)) return findUnrendered(file, source, parse(source));
  const { renderTemplate } = await import('../../template/render.ts');
  const rendering = renderTemplate(source, { env: createLookUp(options) });
  if (!rendering.ok) return fail(file, source, rendering.offset, rendering.message);
  const { rendered } = rendering;
  const { toSource, toOffset } = createSourcePlaces(source, rendered);
  const parsed = parse(rendered.text);
  const added = findAddedKey(parsed.documents, rendered, toOffset);
  if (added !== undefined)
    return fail(
      file,
      source,
      rendered.toSource(added),
      'the value of an environment variable adds keys to the file: expected one value; quote it, as in {{ env "NAME" | quote }}',
    );
  return {
    documents: parsed.documents.map((document): Document => ({
      ...document,
      placeOf: (path, part) => toSource(document.placeOf(path, part)),
    })),
    problems: parsed.problems.map((problem) => ({ ...problem, place: toSource(problem.place) })),
  };
}

function createLookUp({ env, localReferences }: ParseRoutesOptions): (name: string) => EnvLookUp {
  return (name) =>
    localReferences === undefined || isEnvAllowed(localReferences, name)
      ? { value: (Object.hasOwn(env, name) ? env[name] : undefined) ?? '' }
      : { refusal: `not allowed here: ${localReferences.option} does not list the variable` };
}

/** Result for a file that is not served. */
function fail(file: string, source: string, offset: number, message: string): ParsedDocuments {
  const problem: Problem = {
    severity: 'error',
    place: { file, ...positionIn(source, offset) },
    code: 'template',
    path: '',
    message: `Go template: ${message}`,
  };
  return { documents: [], problems: [problem] };
}
