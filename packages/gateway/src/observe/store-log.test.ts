import { expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createLog } from './log.ts';
import { createStoreLog } from './store-log.ts';

it('each change of the store is logged, and one failure per operation and reason in ten seconds', async () => {
  const lines: Record<string, unknown>[] = [];
  const clock = createFakeClock();
  const log = createLog(
    { level: 'info', format: 'json' },
    { write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
  );
  const tell = createStoreLog(log, clock, 'token store');
  tell({ kind: 'state', ready: true, reason: undefined });
  tell({ kind: 'state', ready: false, reason: 'connection refused' });
  for (let count = 0; count < 20; count += 1) tell({ kind: 'failure', operation: 'get', reason: 'time-out' });
  tell({ kind: 'failure', operation: 'get', reason: 'no permission' });
  tell({ kind: 'failure', operation: 'set', reason: 'out of memory' });
  await clock.advance(10_000);
  tell({ kind: 'failure', operation: 'get', reason: 'time-out' });
  tell({ kind: 'found', tier: 'store' });
  expect(
    lines.map(({ level, operation, reason, suppressed }) => [level, operation, reason, suppressed]),
  ).toEqual([
    ['info', undefined, undefined, undefined],
    ['warn', undefined, 'connection refused', undefined],
    ['warn', 'get', 'time-out', undefined],
    ['warn', 'get', 'no permission', undefined],
    ['warn', 'set', 'out of memory', undefined],
    ['warn', 'get', 'time-out', 19],
  ]);
});
