import { describe, expect, it } from 'vitest';
import { plan, reading, startSupervisor, type FakeProcess } from './supervisor.testkit.ts';

it('store operations of workers get replies, and entries of a dead worker stay', async () => {
  const { clock, processes, store, startAll } = startSupervisor();
  await startAll(2);
  const value = Uint8Array.of(1, 2, 3);
  processes[0]!.say({ kind: 'store', id: 7, operation: 'set', key: 'token', value, ttlMs: 90_000 });
  processes[0]!.say({ kind: 'store', id: 8, operation: 'setIfAbsent', key: 'lock', value, ttlMs: 5_000 });
  await clock.advance(0);
  expect(processes[0]!.replies.slice(1)).toEqual([
    { kind: 'stored', id: 7, ok: true, result: undefined },
    { kind: 'stored', id: 8, ok: true, result: true },
  ]);
  processes[0]!.exit('SIGKILL');
  // A lock expires on time, not before: the dead worker's request may still be in flight.
  expect(await store.setIfAbsent('lock', value, 5_000)).toBe(false);
  await clock.advance(5_000);
  expect(await store.setIfAbsent('lock', value, 5_000)).toBe(true);
  expect((await store.get('token'))?.value).toEqual(value);
});

describe('the metrics of workers', () => {
  const textTo = (process: FakeProcess): unknown =>
    process.replies.flatMap((reply) =>
      reply.kind === 'metrics'
        ? [{ id: reply.id, said: reply.text && (JSON.parse(reply.text) as unknown) }]
        : [],
    );
  const count = (process: FakeProcess, value: number): void =>
    process.say({ kind: 'counted', readings: reading(value) });

  it('are requested from each serving worker, and sent to the one that needs them', async () => {
    const { clock, processes, startAll } = startSupervisor();
    await startAll(3);
    processes[1]!.say({ kind: 'metrics', id: 7 });
    expect(processes.map(({ told }) => told.at(-1))).toEqual(['count', 'count', 'count']);
    count(processes[2]!, 3);
    count(processes[0]!, 1);
    await clock.advance(0);
    expect(textTo(processes[1]!)).toEqual([]);
    count(processes[1]!, 2);
    await clock.advance(0);
    const counted = expect.arrayContaining([1, 2, 3]) as unknown;
    expect(textTo(processes[1]!)).toEqual([{ id: 7, said: { counted, late: 0, serving: 3 } }]);
  });

  it('are gathered once for two concurrent requests, and again for the next', async () => {
    const { clock, processes, startAll } = startSupervisor();
    await startAll(2);
    for (const process of processes) process.say({ kind: 'metrics', id: 1 });
    for (const process of processes) count(process, 5);
    await clock.advance(0);
    const said = { counted: [5, 5], late: 0, serving: 2 };
    for (const process of processes) {
      expect(textTo(process)).toEqual([{ id: 1, said }]);
      expect(process.told.filter((kind) => kind === 'count')).toHaveLength(1);
    }
    processes[0]!.say({ kind: 'metrics', id: 2 });
    expect(processes[1]!.told.filter((kind) => kind === 'count')).toHaveLength(2);
  });

  it('are the last known ones for a worker that does not reply within a second', async () => {
    const { clock, processes, startAll } = startSupervisor();
    await startAll(2);
    processes[0]!.say({ kind: 'metrics', id: 1 });
    for (const process of processes) count(process, 5);
    await clock.advance(0);
    processes[0]!.say({ kind: 'metrics', id: 2 });
    count(processes[0]!, 6);
    await clock.advance(999);
    expect(textTo(processes[0]!)).toHaveLength(1);
    await clock.advance(1);
    expect(textTo(processes[0]!)).toEqual([
      expect.anything(),
      { id: 2, said: { counted: [6, 5], late: 1, serving: 2 } },
    ]);
  });

  it('of a worker that exits meanwhile are no longer awaited, and handed over once', async () => {
    const { clock, processes, ended, startAll } = startSupervisor();
    await startAll(2);
    count(processes[1]!, 4);
    processes[0]!.say({ kind: 'metrics', id: 1 });
    count(processes[0]!, 6);
    processes[1]!.exit('SIGKILL');
    await clock.advance(0);
    expect(textTo(processes[0]!)).toEqual([{ id: 1, said: { counted: [6], late: 0, serving: 1 } }]);
    expect(ended).toEqual([4]);
  });

  it('include the last counts of a worker that retires', async () => {
    const { clock, processes, ended, supervisor, startAll } = startSupervisor();
    await startAll(1);
    void supervisor.restart(plan(1, 'second'));
    await clock.advance(0);
    processes[1]!.ready();
    count(processes[0]!, 9);
    processes[0]!.exit();
    expect(ended).toEqual([9]);
  });

  it('that cannot be written do no harm', async () => {
    const { clock, processes, startAll } = startSupervisor();
    await startAll(1);
    processes[0]!.say({ kind: 'metrics', id: 1 });
    await clock.advance(1000);
    expect(textTo(processes[0]!)).toEqual([{ id: 1, said: undefined }]);
  });
});
