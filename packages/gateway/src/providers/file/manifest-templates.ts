import type { Document, ParsedDocuments } from '../../config/document.ts';
import type { Path } from '../../config/path.ts';
import { isMapping } from '../../config/path.ts';
import { createProblem } from '../../config/problem.ts';
import type { Problem } from '../../config/place.ts';
import { positionIn } from './source-places.ts';

const message =
  'Go template: Kubernetes manifests are not rendered: render them first, for example with helm template';

/** Whether a text contains Kubernetes manifests. */
export const isManifestText = (text: string): boolean => /^apiVersion:/m.test(text) && /^kind:/m.test(text);

/**
 * Reports a template in the objects that the gateway serves, because its text would be used literally. Other objects may contain
 * templates for other programs. Text that is invalid YAML because of a template is reported as a template.
 */
export function findUnrendered(file: string, source: string, parsed: ParsedDocuments): ParsedDocuments {
  if (parsed.problems.length > 0) {
    const place = { file, ...positionIn(source, source.indexOf('{{')) };
    return { documents: [], problems: [{ severity: 'error', place, code: 'template', path: '', message }] };
  }
  const problems = parsed.documents.flatMap((document): readonly Problem[] => {
    const path = isServed(document) ? findTemplate(document.value, []) : undefined;
    return path === undefined ? [] : [createProblem(document, path, { code: 'template', message })];
  });
  return { documents: problems.length > 0 ? [] : parsed.documents, problems };
}

const isServed = ({ value }: Document): boolean =>
  isMapping(value) && typeof value['apiVersion'] === 'string' && value['apiVersion'].startsWith('traefik.');

function findTemplate(value: unknown, path: Path): Path | undefined {
  if (typeof value === 'string') return /\{\{.*\}\}/s.test(value) ? path : undefined;
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item])
    : isMapping(value)
      ? Object.entries(value)
      : [];
  for (const [name, item] of entries) {
    const found = findTemplate(item, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
