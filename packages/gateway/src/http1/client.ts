import type { Clock } from '@grantgate/middleware/base/clock';
import type { ClientLimits } from './connection.ts';
import { createDeadlines } from './deadlines.ts';
import { createPool, type Pool } from './pool.ts';
import { createReadBuffers } from './read-buffers.ts';

/** A client for HTTP/1.1 (RFC 9112) that reads answers strictly and copies nothing that it need not. */
export interface Client {
  /** A new pool of connections to `http://host[:port]` or `https://host[:port]`. */
  createPool(origin: string): Pool;
}

export function createClient(clock: Clock, limits: ClientLimits): Client {
  const deps = {
    limits,
    deadlines: createDeadlines(clock, toTickMs(limits)),
    buffers: createReadBuffers(),
  };
  return { createPool: (origin) => createPool(origin, deps) };
}

/** Coarse enough to cost nothing, fine enough for the shortest limit. */
function toTickMs({ connectMs, headMs, bodyIdleMs, idleMs }: ClientLimits): number {
  const shortest = Math.min(...[connectMs, headMs, bodyIdleMs, idleMs].filter((ms) => ms > 0));
  return Math.max(5, Math.min(500, shortest / 8));
}
