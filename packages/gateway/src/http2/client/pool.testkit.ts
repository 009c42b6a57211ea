import { createFakeClock, type FakeClock } from '../../../../testkit/src/fake-clock.ts';
import type { Pool } from '../../http1/client/pool.ts';
import { createDeadlines } from '../../http1/message/deadlines.ts';
import { createReadBuffers } from '../../http1/message/read-buffers.ts';
import { createWriteBuffers } from '../frames/write-buffers.ts';
import type { Http2Limits } from './limits.ts';
import { createHttp2Pool } from './pool.ts';

export const limits: Http2Limits = {
  connectMs: 30_000,
  headMs: 60_000,
  bodyIdleMs: 10_000,
  idleMs: 4_000,
  maxIdle: Infinity,
  maxHeadBytes: 65_536,
  readIdleMs: 0,
  pingMs: 15_000,
};

export function createTestPool(
  origin: string,
  changed: Partial<Http2Limits> = {},
): { readonly pool: Pool; readonly clock: FakeClock } {
  const clock = createFakeClock();
  const pool = createHttp2Pool(origin, {
    limits: { ...limits, ...changed },
    deadlines: createDeadlines(clock, 50),
    readBuffers: createReadBuffers(),
    writeBuffers: createWriteBuffers(),
  });
  return { pool, clock };
}
