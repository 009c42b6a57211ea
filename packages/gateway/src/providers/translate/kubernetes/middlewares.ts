import { formatPath } from '../../../config/path.ts';
import type { Path } from '../../../config/path.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import type { Problem } from '../../../config/place.ts';
import type { Source } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import type { NamedObject } from '../../../middlewares/kind.ts';
import type { Draft, Mention } from '../draft.ts';
import { addEntry, noteObject } from '../draft.ts';
import { readMiddleware } from '../read-middleware.ts';
import { readTarget, type Targets } from './targets.ts';
import { resolveReference, toQualifiedName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { crossingHint, originOf } from './objects.ts';
import { kubernetesNames, middlewareSchema } from './schemas.ts';

/** Adds a Middleware. @returns its targets, which `addServices` adds. */
export function addMiddleware(draft: Draft, object: KubernetesObject): readonly Targets[] {
  const { namespace, place, source } = object;
  const name = toQualifiedName(namespace, object.name);
  const outer = readObject(middlewareSchema, source);
  const targets: Targets[] = [];
  const spec = { document: source.document, path: outer.writtenPath(['spec']) };
  const read = readMiddleware(
    spec,
    { name, place, namespace },
    {
      names: kubernetesNames,
      resolve: (references, pathOf) =>
        resolveMiddlewares(draft, { kind: 'middlewares', name }, { references, namespace, source, pathOf }),
      resolveService(member) {
        const { target, problems } = readTarget(member);
        if (target === undefined) return { name: undefined, problems };
        const router = toQualifiedName(namespace, object.name, 'errorpage-service');
        targets.push({ router, targets: [target] });
        return { name: router, problems };
      },
    },
  );
  // Without a spec there is no type either; one problem suffices.
  const inner = outer.value.spec === undefined ? [] : read.problems;
  draft.problems.push(...outer.problems, ...inner);
  noteObject(draft, 'middlewares', name, `${namespace}/${object.name}`);
  addEntry(draft, draft.middlewares, {
    ...read.config,
    errors: [...errorsOf(outer.problems), ...errorsOf(inner)],
  });
  return targets;
}

/** The qualified names of the middlewares that a chain or a route refers to; forbidden references are problems. */
export function resolveMiddlewares(
  draft: Draft,
  owner: Mention['in'],
  {
    references,
    namespace,
    source,
    pathOf,
  }: {
    readonly references: readonly NamedObject[];
    readonly namespace: string;
    readonly source: Source;
    readonly pathOf: (index: number) => Path;
  },
): { readonly names: readonly string[]; readonly problems: readonly Problem[] } {
  const names: string[] = [];
  const problems: Problem[] = [];
  for (const [index, reference] of references.entries()) {
    const path = [...pathOf(index), 'name'];
    const meant = resolveReference('Middleware', reference, namespace, originOf(source));
    if (meant.fault !== undefined) {
      problems.push(
        createProblem(source.document, path, {
          code: 'cross_namespace',
          message: `${meant.fault}${crossingHint(source)}`,
        }),
      );
      continue;
    }
    const { name, object } = meant;
    names.push(name);
    draft.mentions.push({
      in: owner,
      of: {
        kind: 'middlewares',
        name,
        ...(object !== undefined && { object }),
        ...(!originOf(source).allowCrossNamespace && { namespace }),
      },
      place: source.document.placeOf(path),
      path: formatPath(path),
    });
  }
  return { names, problems };
}
