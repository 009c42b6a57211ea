import type { Clock } from '@grantgate/middleware/base/clock';
import type { CallerNumbers } from '../admin/api/process-source.ts';
import type { Step } from '../middlewares/step.ts';

/** Maximum number of callers to list, because each process sends them to the one that was asked. */
const maxCallers = 10_000;

type ForEachCaller = NonNullable<Step['forEachCaller']>;

/** Callers whose credentials the steps have cached. */
export function surveyCallers(steps: ReadonlyMap<string, Step>, clock: Clock): readonly CallerNumbers[] {
  const sources = new Map<ForEachCaller, string[]>();
  for (const [name, { forEachCaller }] of steps)
    if (forEachCaller !== undefined)
      sources.set(forEachCaller, [...(sources.get(forEachCaller) ?? []), name]);
  const all: CallerNumbers[] = [];
  for (const [forEachCaller, middlewares] of sources)
    all.push(...countCallers(forEachCaller, middlewares, clock));
  return all.slice(0, maxCallers);
}

function countCallers(
  forEachCaller: ForEachCaller,
  middlewares: readonly string[],
  clock: Clock,
): Iterable<CallerNumbers> {
  const callers = new Map<string, CallerNumbers>();
  const offset = clock.now() - clock.monotonic();
  forEachCaller(({ clientId, expiresAtMs, isAllowed }) => {
    const before = callers.get(clientId);
    if (before === undefined && callers.size >= maxCallers) return;
    const expiresAt = Number.isFinite(expiresAtMs) ? Math.round(expiresAtMs + offset) : undefined;
    const last = before?.expiresAt;
    callers.set(clientId, {
      ...{ clientId, middlewares },
      credentials: (before?.credentials ?? 0) + 1,
      refused: (before?.refused ?? 0) + Number(!isAllowed),
      expiresAt:
        before === undefined || expiresAt === undefined ? expiresAt : last && Math.max(last, expiresAt),
    });
  });
  return callers.values();
}
