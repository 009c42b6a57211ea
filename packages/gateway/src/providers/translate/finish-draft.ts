import type {
  DynamicConfiguration,
  MiddlewareConfig,
  RouterConfig,
  ServiceConfig,
  TlsSection,
} from '../../config/dynamic.ts';
import { keepList, keepMap } from '../../reload/list-changes.ts';
import type { Problem } from '../../config/place.ts';
import { sortProblems } from '../../config/problem.ts';
import type { Draft } from './draft.ts';
import type { CheckReferences } from './references.ts';
import { createCheckReferences } from './references.ts';

/**
 * Checks references; problems are sorted by position. For successive configurations, maps with the same
 * entries are the same map.
 */
export function createFinishDraft(): (draft: Draft) => DynamicConfiguration {
  const checkReferences = createCheckReferences();
  let before: DynamicConfiguration | undefined;
  return (draft) => (before = finishDraft(draft, checkReferences, before));
}

function finishDraft(
  draft: Draft,
  checkReferences: CheckReferences,
  before: DynamicConfiguration | undefined,
): DynamicConfiguration {
  for (const { in: owner, problem } of checkReferences(draft)) {
    draft.problems.push(problem);
    breakEntry<RouterConfig | ServiceConfig | MiddlewareConfig>(draft[owner.kind], owner.name, problem);
  }
  return Object.freeze({
    routers: keepMap(before?.routers, draft.routers),
    services: keepMap(before?.services, draft.services),
    middlewares: keepMap(before?.middlewares, draft.middlewares),
    tls: keepTls(before?.tls, draft),
    serversTransports: keepMap(before?.serversTransports, draft.serversTransports),
    secrets: keepMap(before?.secrets, draft.secrets),
    unreadSecrets: keepMap(before?.unreadSecrets, draft.unreadSecrets),
    // Ingresses that share a Service also share its problems.
    problems: Object.freeze(sortProblems([...new Set(draft.problems)])),
  });
}

function keepTls(before: TlsSection | undefined, draft: Draft): TlsSection {
  const now: TlsSection = {
    certificates: keepList(before?.certificates ?? [], draft.certificates),
    stores: keepMap(before?.stores, draft.stores),
    options: keepMap(before?.options, draft.tlsOptions),
  };
  const isSame =
    now.certificates === before?.certificates &&
    now.stores === before.stores &&
    now.options === before.options;
  return isSame ? before : Object.freeze(now);
}

function breakEntry<T extends RouterConfig | ServiceConfig | MiddlewareConfig>(
  entries: Map<string, T>,
  name: string,
  problem: Problem,
): void {
  const entry = entries.get(name);
  if (entry !== undefined) entries.set(name, Object.freeze({ ...entry, errors: [...entry.errors, problem] }));
}
