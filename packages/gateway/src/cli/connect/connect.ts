import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { asWritten } from '../../config/path.ts';
import type { Configuration } from '../configuration.ts';
import { targetsOf, type ConnectionTarget } from './targets.ts';
import type { ConnectionResult } from './connection-result.ts';

/** A server that middlewares use, with the result of connecting to it. */
export interface ConnectionCheck extends ConnectionResult, Pick<ConnectionTarget, 'kind' | 'target'> {
  /** All middlewares that use it. */
  readonly middlewares: readonly string[];
  /** Problem at the option of the first middleware that uses it; undefined when the connection succeeds. */
  readonly problem: Problem | undefined;
}

interface SharedTarget extends ConnectionTarget {
  readonly middlewares: string[];
  readonly first: MiddlewareConfig;
}

/** Maximum number of concurrent attempts. */
const concurrency = 8;

/** Connects to every server of the valid middlewares, to each once even if several share it. */
export async function tryConnections({ routes, prepared }: Configuration): Promise<ConnectionCheck[]> {
  const targets = new Map<string, SharedTarget>();
  for (const one of prepared.steps.values()) {
    const { name } = one;
    const config = routes.middlewares.get(name);
    if (config === undefined || config.errors.length > 0) continue;
    for (const target of targetsOf(one)) {
      const known = targets.get(target.key);
      if (known === undefined) targets.set(target.key, { ...target, middlewares: [name], first: config });
      else known.middlewares.push(name);
    }
  }
  const waiting = [...targets.values()].entries();
  const connections: ConnectionCheck[] = [];
  const work = async (): Promise<void> => {
    for (const [index, target] of waiting) connections[index] = toConnection(target, await target.attempt());
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return connections;
}

function toConnection(
  { kind, target, middlewares, first, option }: SharedTarget,
  outcome: ConnectionResult,
): ConnectionCheck {
  const { fault, detail } = outcome;
  const others = middlewares.length - 1;
  const also = others === 0 ? '' : ` (also for ${others} other middleware${others === 1 ? '' : 's'})`;
  const message = kind === 'store' ? `the store is unavailable: ${detail}` : detail;
  const problem = fault && {
    ...fault,
    place: first.placeOf(asWritten(first.options, option)),
    path: `${first.name}.${option.join('.')}`,
    message: `${message}${also}`,
  };
  return { kind, target, middlewares, fault, detail, problem };
}
