import { wellKnownPath } from '../middlewares/well-known-path.ts';
import { MatchContext } from '../routing/match-context.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { toRoutingPath } from '../routing/request-path.ts';
import type { Route, Snapshot } from '../snapshot/snapshot.ts';

/** Cached by route: the same route without the steps after the one with the document. */
const known = new WeakMap<Route, Route>();

/**
 * The route that responds with the metadata of a protected resource (RFC 9728 section 3.1). The rules match it by the path of the
 * resource. The steps before the one with the document decide first. Undefined for any other request.
 */
export function findMetadataRoute(facts: RequestFacts, path: string, snapshot: Snapshot): Route | undefined {
  if (!path.startsWith(wellKnownPath)) return undefined;
  const resource = path.slice(wellKnownPath.length) || '/';
  // A rule may match only methods that clients of the resource use, while another router serves the document itself.
  const tries = [
    ['GET', resource],
    ['POST', resource],
    ['GET', path],
  ] as const;
  for (const [method, at] of tries) {
    if (!at.startsWith('/')) continue;
    const route = snapshot.match(
      new MatchContext({ ...facts, method, path: at, target: at }, toRoutingPath(at)),
    );
    const found = route && toMetadataRoute(route, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function toMetadataRoute(route: Route, path: string): Route | undefined {
  const index = route.steps.findIndex(({ metadata }) => metadata?.path === path);
  const step = route.steps[index];
  if (step?.metadata === undefined) return undefined;
  let found = known.get(route);
  if (found === undefined) {
    const { respond } = step.metadata;
    const steps = [...route.steps.slice(0, index), { name: step.name, onRequest: respond }];
    found = Object.freeze({ ...route, steps: Object.freeze(steps) });
    known.set(route, found);
  }
  return found;
}
