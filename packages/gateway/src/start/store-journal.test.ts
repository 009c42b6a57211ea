import { createChannel } from '@grantgate/middleware/base/channel';
import { Secret } from '@grantgate/middleware/base/secret';
import type { RedisStoreOptions } from '@grantgate/middleware/cache/redis/options';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createStoreJournal } from './store-journal.ts';

const createRedis = (change: Partial<RedisStoreOptions> = {}): RedisStoreOptions => ({
  endpoints: [{ host: 'redis.example.com', port: 6379 }],
  password: new Secret('never-shown'),
  database: 0,
  timeoutMs: 250,
  cluster: false,
  ...change,
});

function open() {
  const clock = createFakeClock();
  const journal = createStoreJournal(clock);
  const follow = (redis: RedisStoreOptions | undefined) => {
    const events = createChannel<StoreEvent>();
    journal.follow(redis, events);
    return (event: StoreEvent) => events.publish(event);
  };
  return { clock, journal, follow };
}

describe('the journal of stores', () => {
  it('lists a store once for all middlewares that use it, before it has connected', () => {
    const { journal, follow } = open();
    follow(createRedis());
    journal.configure([
      { redis: createRedis(), middleware: 'a@file' },
      { redis: createRedis(), middleware: 'b@file' },
      { redis: createRedis({ database: 2 }), middleware: 'c@file' },
    ]);
    expect(journal.list()).toMatchObject([
      { name: 'redis.example.com:6379', topology: 'single', database: 0, middlewares: ['a@file', 'b@file'] },
      { database: 2, middlewares: ['c@file'], ready: undefined, operations: 0 },
    ]);
    expect(JSON.stringify(journal.list())).not.toContain('never-shown');
  });

  it('keeps since when a store is unavailable, with the latest reason', async () => {
    const { clock, journal, follow } = open();
    const publish = follow(createRedis());
    journal.configure([{ redis: createRedis(), middleware: 'a@file' }]);
    publish({ kind: 'state', ready: false, reason: 'connection refused' });
    const since = clock.now();
    await clock.advance(5_000);
    publish({ kind: 'state', ready: false, reason: 'wrong password' });
    expect(journal.list()).toMatchObject([{ ready: false, since, reason: 'wrong password' }]);
    await clock.advance(1_000);
    publish({ kind: 'state', ready: true, reason: undefined });
    expect(journal.list()).toMatchObject([{ ready: true, since: since + 6_000, reason: undefined }]);
  });

  it('counts operations, failures and invalid entries, and keeps the latest 256 durations', () => {
    const { clock, journal, follow } = open();
    const publish = follow(createRedis());
    journal.configure([{ redis: createRedis(), middleware: 'a@file' }]);
    for (let number = 0; number < 300; number += 1)
      publish({ kind: 'operation', operation: 'get', durationMs: number });
    publish({ kind: 'failure', operation: 'set', reason: 'out of memory' });
    publish({ kind: 'unsealed' });
    publish({ kind: 'found', tier: 'store' });
    publish({ kind: 'lock_wait', waitedMs: 4 });
    const [store] = journal.list();
    expect(store).toMatchObject({
      ...{ operations: 300, failures: 1, unsealed: 1, lastSuccessAt: clock.now() },
      lastFailure: { at: clock.now(), operation: 'set', reason: 'out of memory' },
    });
    expect([store!.durationsMs.length, Math.min(...store!.durationsMs)]).toEqual([256, 44]);
  });

  it('forgets a store that is no longer configured, but not the memory that workers share', () => {
    const { journal, follow } = open();
    const ofRedis = follow(createRedis({ sentinel: { masterSet: 'tokens' } }));
    const ofWorkers = follow(undefined);
    ofRedis({ kind: 'unsealed' });
    ofWorkers({ kind: 'state', ready: true, reason: undefined });
    journal.configure([]);
    expect(journal.list()).toMatchObject([{ name: 'workers', topology: 'workers', ready: true }]);
    const redis = createRedis({ sentinel: { masterSet: 'tokens' } });
    journal.configure([{ redis, middleware: 'a@file' }]);
    expect(journal.list()[1]).toMatchObject({ topology: 'sentinel', masterSet: 'tokens', unsealed: 0 });
  });
});
