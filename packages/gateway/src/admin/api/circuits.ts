import type { CircuitNumbers } from './process-source.ts';
import { toTime } from './to-time.ts';
import type { CircuitView } from './circuit-shape.ts';
import type { ResourceContext } from './resource.ts';
import type { Overview } from './shapes.ts';
import type { CircuitState } from '../../middlewares/step.ts';

/** Circuit breakers of all processes, by middleware. */
export type Circuits = ReadonlyMap<string, CircuitView>;

const order: readonly CircuitState[] = ['closed', 'recovering', 'open'];

export async function readCircuits({
  source,
  survey,
}: Pick<ResourceContext, 'source' | 'survey'>): Promise<Circuits> {
  return mergeCircuits((await survey({ kind: 'circuits' })).readings, source.clock.now());
}

/** Merges the circuit breakers of several processes: the worst state counts. @param now milliseconds since the epoch. */
export function mergeCircuits(readings: readonly (readonly CircuitNumbers[])[], now: number): Circuits {
  const merged = new Map<string, CircuitView>();
  for (const { middleware, state, leftMs } of readings.flat()) {
    const before = merged.get(middleware);
    // Rounded to seconds, because each process reads its state at a slightly different time.
    const until = leftMs === undefined ? null : toTime(Math.round((now + leftMs) / 1000) * 1000);
    const isWorse = before === undefined || order.indexOf(state) > order.indexOf(before.state);
    const { total, open } = before?.workers ?? { total: 0, open: 0 };
    merged.set(middleware, {
      ...(isWorse ? { state, until } : { state: before.state, until: before.until }),
      workers: { total: total + 1, open: open + Number(state !== 'closed') },
    });
  }
  return merged;
}

/** Maximum number of open circuit breakers to list. */
const maxListed = 50;

export function toCircuitSummary(circuits: Circuits): Overview['circuitBreakers'] {
  const refusing = [...circuits].filter(([, { state }]) => state !== 'closed');
  return {
    total: circuits.size,
    open: refusing.length,
    refusing: refusing
      .slice(0, maxListed)
      .map(([middleware, { state, until }]) => ({ middleware, state, until })),
  };
}
