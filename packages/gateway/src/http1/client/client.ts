import type { Clock } from '@grantgate/middleware/base/clock';
import type { ClientLimits } from './limits.ts';
import { createDeadlines, toTickMs } from '../message/deadlines.ts';
import type { ServerTls } from './dial.ts';
import { createPool, type Pool } from './pool.ts';
import { createReadBuffers } from '../message/read-buffers.ts';

/** A client for HTTP/1.1 (RFC 9112) that reads responses strictly and avoids copies. */
export interface HttpClient {
  /** A new pool of connections to `http://host[:port]` or `https://host[:port]`. */
  createPool(origin: string): Pool;
}

/** @param tls of connections to `https` origins. Default: normal verification of certificates. */
export function createClient(clock: Clock, limits: ClientLimits, tls?: ServerTls): HttpClient {
  const { connectMs, headMs, bodyIdleMs, idleMs } = limits;
  const deps = {
    limits,
    deadlines: createDeadlines(clock, toTickMs([connectMs, headMs, bodyIdleMs, idleMs])),
    buffers: createReadBuffers(),
  };
  return { createPool: (origin) => createPool(origin, deps, tls) };
}
