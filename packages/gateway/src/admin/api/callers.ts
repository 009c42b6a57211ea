import type { CallerView } from './caller-shape.ts';
import type { CallerNumbers } from './process-source.ts';
import { toShownName } from './shown-name.ts';
import { toTime } from './to-time.ts';

/** Merges the callers of several processes, each of which has verified a credential by itself; in the order of their client IDs. */
export function mergeCallers(readings: readonly (readonly CallerNumbers[])[]): readonly CallerView[] {
  const merged = new Map<string, CallerNumbers>();
  for (const numbers of readings.flat()) {
    const key = JSON.stringify([numbers.clientId, numbers.middlewares]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? numbers : mergeTwo(before, numbers));
  }
  return Array.from(merged.values(), ({ clientId, middlewares, credentials, refused, expiresAt }) => ({
    clientID: toShownName(clientId),
    middlewares: [...middlewares],
    ...{ credentials, refused },
    expiresAt: expiresAt === undefined ? null : toTime(expiresAt),
  })).sort((a, b) => (a.clientID < b.clientID ? -1 : a.clientID > b.clientID ? 1 : 0));
}

const mergeTwo = (a: CallerNumbers, b: CallerNumbers): CallerNumbers => ({
  ...a,
  credentials: Math.max(a.credentials, b.credentials),
  refused: Math.max(a.refused, b.refused),
  expiresAt:
    a.expiresAt === undefined || b.expiresAt === undefined ? undefined : Math.max(a.expiresAt, b.expiresAt),
});
