import type { MiddlewareConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import { formatPath, isMapping, valueAt } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { Draft } from '../draft.ts';
import { addEntry, noteObject } from '../draft.ts';
import type { RouteMatch } from './http-match.ts';
import { toProviderName, toQualifiedName } from './names.ts';
import type { KubernetesObject } from './objects.ts';

/** A filter after parsing. */
export interface RouteFilter {
  readonly type: string;
  readonly extensionRef?:
    { readonly group: string; readonly kind: string; readonly name: string } | undefined;
}

/** Path of the options of each type of filter. */
const options: ReadonlyMap<string, string> = new Map([
  ['RequestHeaderModifier', 'requestHeaderModifier'],
  ['ResponseHeaderModifier', 'responseHeaderModifier'],
  ['RequestRedirect', 'requestRedirect'],
  ['URLRewrite', 'urlRewrite'],
]);
const served = [...options.keys(), 'ExtensionRef'].join(', ');

/** The problem of a filter; undefined: it is supported. */
export function findFilterFault({ type, extensionRef }: RouteFilter): string | undefined {
  if (options.has(type)) return undefined;
  if (type !== 'ExtensionRef') return `the filter ${type} is not supported: expected ${served}`;
  if (extensionRef === undefined) return 'the filter ExtensionRef requires extensionRef';
  const { group, kind } = extensionRef;
  return group === 'traefik.io' && kind === 'Middleware'
    ? undefined
    : `expected a Middleware of traefik.io, got ${kind} of ${group}`;
}

/** Problems of the filters of a rule: each of them makes it refuse. */
export function findFilterProblems(
  { source: { document } }: KubernetesObject,
  filters: readonly RouteFilter[],
  pathOf: (index: number) => Path,
): readonly Problem[] {
  return filters.flatMap((filter, index) => {
    const message = findFilterFault(filter);
    return message === undefined
      ? []
      : createProblem(document, [...pathOf(index), 'type'], { code: 'unsupported_filter', message });
  });
}

/** Adds the middlewares of a router for its filters. @returns their names, outermost first. */
export function addFilters(
  draft: Draft,
  { namespace, name: route, source: { document } }: KubernetesObject,
  router: string,
  filters: readonly RouteFilter[],
  { path, pathOf }: { readonly path: RouteMatch['path']; readonly pathOf: (index: number) => Path },
): readonly string[] {
  return filters.flatMap((filter, index) => {
    const at = pathOf(index);
    const option = options.get(filter.type);
    if (option !== undefined) {
      const name = toProviderName(
        'kubernetesgateway',
        `${router.split('@')[0] ?? ''}-${filter.type.toLowerCase()}-${index}`,
      );
      const where = [...at, option];
      const written = valueAt(document.value, where);
      noteObject(draft, 'middlewares', name, `${namespace}/${route}`);
      const prefixed = option === 'requestRedirect' || option === 'urlRewrite';
      addEntry(draft, draft.middlewares, {
        name,
        place: document.placeOf(at),
        errors: [],
        kind: option,
        options: {
          ...(isMapping(written) && written),
          ...(prefixed && path.type === 'PathPrefix' && { matchedPrefix: path.value }),
        },
        namespace,
        localReferences: undefined,
        placeOf: (below, part) => document.placeOf([...where, ...below], part),
        members: undefined,
      } satisfies MiddlewareConfig);
      return name;
    }
    if (filter.extensionRef === undefined || findFilterFault(filter) !== undefined) return [];
    const name = toQualifiedName(namespace, filter.extensionRef.name);
    const where = [...at, 'extensionRef', 'name'];
    draft.mentions.push({
      in: { kind: 'routers', name: router },
      of: { kind: 'middlewares', name, object: `${namespace}/${filter.extensionRef.name}` },
      place: document.placeOf(where),
      path: formatPath(where),
    });
    return name;
  });
}
