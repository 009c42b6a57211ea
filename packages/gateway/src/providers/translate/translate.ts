import type { Document } from '../../config/document.ts';
import type { DynamicConfiguration, UnreadSecrets } from '../../config/dynamic.ts';
import { isInstallDocument } from '../../config/file-kind.ts';
import { isMapping } from '../../config/path.ts';
import type { Problem } from '../../config/place.ts';
import { createProblem } from '../../config/problem.ts';
import { remember } from '../../reload/remember.ts';
import type { Parts } from '../../reload/turns.ts';
import { finish } from '../../reload/turns.ts';
import type { Draft } from './draft.ts';
import { createDraft } from './draft.ts';
import { createFinishDraft } from './finish-draft.ts';
import { translateDynamic } from './dynamic.ts';
import type { ConfigurationPart } from './part.ts';
import { addPart, createPart } from './part.ts';
import { isManifest } from './kubernetes/objects.ts';
import type { TranslateManifests } from './kubernetes/translate.ts';
import { createTranslateManifests } from './kubernetes/translate.ts';

const dynamicRoots: ReadonlySet<string> = new Set(['http', 'tcp', 'udp', 'tls']);

type Input = readonly [
  documents: readonly Document[],
  problems?: readonly Problem[],
  unreadSecrets?: UnreadSecrets,
];

export type Translate = (...input: Input) => DynamicConfiguration;

/** Translates documents of both formats, distinguished by their content, to one configuration. */
export const translate: Translate = (...input) => createTranslate()(...input);

/**
 * Translates successive configurations: the translation of an unchanged document is reused, so its entries stay the same
 * objects, and maps without a change stay the same maps.
 */
export function createTranslate(): Translate {
  const translateInParts = createTranslateInParts();
  return (...input) => finish(translateInParts(...input));
}

/** Likewise, in parts of similar duration. */
export function createTranslateInParts(): (...input: Input) => Parts<DynamicConfiguration> {
  const partOf = remember((document: Document) => createPart((draft) => translateDynamic(document, draft)));
  const translateManifests = createTranslateManifests();
  const finishDraft = createFinishDraft();
  return function* (documents, problems = [], unreadSecrets) {
    const draft = createDraft(unreadSecrets);
    draft.problems.push(...problems);
    yield* addAll(documents, draft, { partOf, translateManifests });
    yield;
    return finishDraft(draft);
  };
}

function* addAll(
  documents: readonly Document[],
  draft: Draft,
  { partOf, translateManifests }: Readers,
): Parts {
  const manifests: Document[] = [];
  for (const document of documents) {
    if (isManifest(document.value)) manifests.push(document);
    else if (isDynamic(document.value)) addPart(draft, partOf(document));
    else if (isInstallDocument(document.value))
      draft.problems.push(
        createProblem(document, [], {
          code: 'install_file',
          message: `this is an install configuration, not a file of routes: pass it with --config, as in grantgate serve --config ${document.file}`,
        }),
      );
    else
      draft.problems.push(
        createProblem(document, [], {
          code: 'unknown_format',
          message:
            'expected a Traefik dynamic configuration (http) or a Kubernetes manifest (apiVersion and kind)',
        }),
      );
  }
  yield* translateManifests(manifests, draft);
}

interface Readers {
  readonly partOf: (document: Document) => ConfigurationPart;
  readonly translateManifests: TranslateManifests;
}

function isDynamic(value: unknown): boolean {
  return isMapping(value) && Object.keys(value).some((name) => dynamicRoots.has(name.toLowerCase()));
}
