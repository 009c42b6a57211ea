import type {
  DynamicConfiguration,
  MiddlewareConfig,
  RouterConfig,
  ServiceConfig,
} from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { errorsOf, sortProblems } from '../../config/problem.ts';
import type { Draft } from './draft.ts';
import { checkReferences } from './references.ts';

/** Checks what refers to what, and freezes the result; problems stand in the order of their places. */
export function finishDraft(draft: Draft): DynamicConfiguration {
  for (const { in: owner, problem } of checkReferences(draft)) {
    draft.problems.push(problem);
    breakEntry<RouterConfig | ServiceConfig | MiddlewareConfig>(draft[owner.kind], owner.name, problem);
  }
  return Object.freeze({
    routers: freezeEntries(draft.routers),
    services: freezeEntries(draft.services),
    middlewares: freezeEntries(draft.middlewares),
    secrets: draft.secrets,
    problems: Object.freeze(sortProblems(draft.problems)),
  });
}

function breakEntry<T extends RouterConfig | ServiceConfig | MiddlewareConfig>(
  entries: Map<string, T>,
  name: string,
  problem: Problem,
): void {
  const entry = entries.get(name);
  if (entry !== undefined) entries.set(name, { ...entry, errors: [...entry.errors, problem] });
}

function freezeEntries<T extends { readonly errors: readonly Problem[] }>(
  entries: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  return new Map(
    [...entries].map(([name, entry]) => [name, Object.freeze({ ...entry, errors: errorsOf(entry.errors) })]),
  );
}
