import type { Document } from '../../config/document.ts';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import { isMapping } from '../../config/path.ts';
import type { Problem } from '../../config/place.ts';
import { createProblem } from '../../config/problem.ts';
import { createDraft } from './draft.ts';
import { finishDraft } from './finish-draft.ts';
import { translateDynamic } from './dynamic.ts';
import { isManifest } from './kubernetes/objects.ts';
import { translateManifests } from './kubernetes/translate.ts';

const dynamicRoots: ReadonlySet<string> = new Set(['http', 'tcp', 'udp', 'tls']);

/** Translates documents of both formats, told apart by their content, to one configuration. */
export function translate(
  documents: readonly Document[],
  problems: readonly Problem[] = [],
): DynamicConfiguration {
  const draft = createDraft();
  draft.problems.push(...problems);
  const manifests: Document[] = [];
  for (const document of documents) {
    if (isManifest(document.value)) manifests.push(document);
    else if (isDynamic(document.value)) translateDynamic(document, draft);
    else
      draft.problems.push(
        createProblem(document, [], {
          code: 'unknown_format',
          message:
            'expected a Traefik dynamic configuration (http) or a Kubernetes manifest (apiVersion and kind)',
        }),
      );
  }
  translateManifests(manifests, draft);
  return finishDraft(draft);
}

function isDynamic(value: unknown): boolean {
  return isMapping(value) && Object.keys(value).some((name) => dynamicRoots.has(name.toLowerCase()));
}
