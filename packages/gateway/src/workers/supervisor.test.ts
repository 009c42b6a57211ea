import { describe, expect, it } from 'vitest';
import type { StartFailure } from './messages.ts';
import { plan, startSupervisor } from './supervisor.testkit.ts';

describe('the start of workers', () => {
  it('starts one, then the others with the same configuration and secret, and announces their addresses once', async () => {
    const { clock, processes, events, supervisor, secret } = startSupervisor();
    const starting = supervisor.start(plan(3));
    await clock.advance(60_000);
    expect(processes).toHaveLength(1);
    processes[0]!.ready();
    expect(await starting).toBeUndefined();
    await clock.advance(0);
    expect(processes).toHaveLength(3);
    processes.slice(1).forEach((process) => process.ready());
    expect(processes.map((process) => process.assignment())).toEqual(
      [1, 2, 3].map((number) => ({ kind: 'start', number, configuration: 'first', secret })),
    );
    expect(events.filter(({ kind }) => kind === 'listening')).toHaveLength(1);
  });

  it("reports the first worker's own reason when it cannot start, and starts no other", async () => {
    const { clock, processes, kinds, supervisor } = startSupervisor();
    const failure: StartFailure = { code: 'address_unavailable', message: 'the port is taken' };
    const starting = supervisor.start(plan(3));
    await clock.advance(0);
    processes[0]!.say({ kind: 'failed', failure });
    processes[0]!.exit();
    expect(await starting).toEqual(failure);
    await clock.advance(600_000);
    expect(processes).toHaveLength(1);
    expect(kinds()).toEqual([]);
    await supervisor.stop();
  });

  it('describes how the first worker exited when it gave no reason', async () => {
    const { clock, processes, supervisor } = startSupervisor();
    const starting = supervisor.start(plan(2));
    await clock.advance(0);
    processes[0]!.exit('SIGSEGV');
    expect(await starting).toEqual({
      code: 'worker_failed',
      message: 'a worker exited during its start (SIGSEGV)',
    });
  });

  it('lets a starting worker drain when all are stopped', async () => {
    const { clock, processes, supervisor } = startSupervisor();
    const starting = supervisor.start(plan(2));
    const stopped = supervisor.stop();
    await clock.advance(0);
    // Told before its first message, and again instead of an assignment.
    expect(processes[0]!.told).toEqual(['drain', 'drain']);
    processes[0]!.exit();
    await stopped;
    await starting;
    expect(processes).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });
});

describe('a worker that crashes', () => {
  it('is replaced, with growing delays when it crashes again, up to half a minute', async () => {
    const { clock, processes, events, startAll } = startSupervisor();
    await startAll(2);
    const delays: number[] = [];
    for (let crash = 0; crash < 10; crash += 1) {
      processes.at(-1)!.exit('SIGKILL');
      const event = events.at(-1)!;
      if (event.kind !== 'crashed') throw new Error(event.kind);
      expect(event).toMatchObject({ worker: 2, how: 'SIGKILL' });
      delays.push(event.delayMs);
      const before = processes.length;
      await clock.advance(event.delayMs - 1);
      expect(processes).toHaveLength(before);
      await clock.advance(1);
      expect(processes).toHaveLength(before + 1);
      expect(processes.at(-1)!.assignment()?.number).toBe(2);
      processes.at(-1)!.ready();
    }
    expect(delays).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  });

  it('is replaced without delay again after it has served for a while', async () => {
    const { clock, processes, events, startAll } = startSupervisor();
    await startAll(1);
    for (const servedMs of [0, 0, 29_999, 30_000]) {
      await clock.advance(servedMs);
      processes.at(-1)!.exit('SIGKILL');
      await clock.advance(1600);
      processes.at(-1)!.ready();
    }
    const delays = events.flatMap((event) => (event.kind === 'crashed' ? [event.delayMs] : []));
    expect(delays).toEqual([200, 400, 800, 200]);
  });

  it('is not replaced in a busy loop when its successors crash while they start', async () => {
    const { clock, processes, events, startAll } = startSupervisor();
    await startAll(1);
    processes[0]!.exit('SIGKILL');
    for (let turn = 0; turn < 4; turn += 1) {
      await clock.advance(30_000);
      processes.at(-1)!.exit('exit code 1');
      await clock.advance(0);
    }
    expect(processes).toHaveLength(5);
    expect(events.slice(-4).map((event) => event.kind === 'start_failed' && event.delayMs)).toEqual([
      400, 800, 1600, 3200,
    ]);
  });

  it('announces the addresses of the gateway when they have changed', async () => {
    const { clock, processes, events, startAll } = startSupervisor();
    await startAll(1);
    processes[0]!.exit('SIGKILL');
    await clock.advance(200);
    processes[1]!.ready(8001);
    const ports = events.flatMap((event) =>
      event.kind === 'listening' ? [...event.addresses.values()].map(({ port }) => port) : [],
    );
    expect(ports).toEqual([8000, 8001]);
  });
});

describe('a restart', () => {
  it('replaces one worker after the other, and an old one retires when the new one is ready', async () => {
    const { clock, processes, kinds, supervisor, startAll } = startSupervisor();
    await startAll(2);
    const restarted = supervisor.restart(plan(2, 'second'));
    await clock.advance(0);
    expect(processes).toHaveLength(3);
    expect(processes[0]!.told).toEqual(['start']);
    processes[2]!.ready();
    await clock.advance(0);
    expect(processes[0]!.told).toEqual(['start', 'retire']);
    expect(processes[1]!.told).toEqual(['start']);
    processes[3]!.ready();
    await restarted;
    expect(processes[1]!.told).toEqual(['start', 'retire']);
    expect(processes.slice(2).map((process) => process.assignment())).toMatchObject([
      { number: 1, configuration: 'second' },
      { number: 2, configuration: 'second' },
    ]);
    // An old worker that exits is not replaced.
    processes[0]!.exit();
    processes[1]!.exit();
    expect(kinds().slice(-4)).toEqual(['restarting', 'ready', 'ready', 'restarted']);
    expect(clock.pending()).toBe(0);
  });

  it('kills an old worker that does not exit', async () => {
    const { clock, processes, kinds, supervisor, startAll } = startSupervisor();
    await startAll(1);
    void supervisor.restart(plan(1));
    await clock.advance(0);
    processes[1]!.ready();
    await clock.advance(39_999);
    expect(processes[0]!.killed()).toBe(false);
    await clock.advance(1);
    expect(processes[0]!.killed()).toBe(true);
    expect(kinds().at(-1)).toBe('killed');
  });

  it('keeps the old workers when a new one cannot start, and restarts crashed ones with their old plan', async () => {
    const { clock, processes, events, kinds, supervisor, startAll } = startSupervisor();
    await startAll(2);
    const restarted = supervisor.restart(plan(2, 'broken'));
    await clock.advance(0);
    processes[2]!.say({ kind: 'failed', failure: { code: 'certificate_invalid', message: 'no key' } });
    processes[2]!.exit();
    await restarted;
    expect(kinds().slice(-2)).toEqual(['start_failed', 'restart_failed']);
    expect(events.at(-2)).toMatchObject({ worker: 1, reason: 'no key', delayMs: undefined });
    expect(processes.map(({ told }) => told)).toEqual([['start'], ['start'], ['start']]);
    processes[0]!.exit('SIGKILL');
    await clock.advance(200);
    expect(processes[3]!.assignment()).toMatchObject({ number: 1, configuration: 'first' });
  });

  it('replaces a worker that crashed meanwhile only once, even when its successor cannot start', async () => {
    const { clock, processes, supervisor, startAll } = startSupervisor();
    await startAll(2);
    void supervisor.restart(plan(2, 'second'));
    await clock.advance(0);
    processes[0]!.exit('SIGKILL');
    await clock.advance(30_000);
    // The worker that the restart has started is the successor.
    expect(processes).toHaveLength(3);
    processes[2]!.exit('exit code 1');
    await clock.advance(30_000);
    expect(processes).toHaveLength(4);
    expect(processes[3]!.assignment()).toMatchObject({ number: 1, configuration: 'first' });
  });

  it('retires a successor that becomes ready only after a newer one', async () => {
    const { clock, processes, supervisor, startAll } = startSupervisor();
    await startAll(1);
    processes[0]!.exit('SIGKILL');
    await clock.advance(200);
    void supervisor.restart(plan(1, 'second'));
    await clock.advance(0);
    processes[2]!.ready();
    processes[1]!.ready();
    expect(processes[2]!.told).toEqual(['start']);
    expect(processes[1]!.told).toEqual(['start', 'retire']);
  });

  it('adds and removes workers for the new configuration', async () => {
    const { clock, processes, supervisor, startAll } = startSupervisor();
    await startAll(2);
    const more = supervisor.restart(plan(3));
    for (const at of [2, 3, 4]) {
      await clock.advance(0);
      processes[at]!.ready();
    }
    await more;
    const fewer = supervisor.restart(plan(1));
    await clock.advance(0);
    processes[5]!.ready();
    await fewer;
    expect(processes.map(({ told }) => told.at(-1))).toEqual([
      'retire', 'retire', 'retire', 'retire', 'retire', 'start',
    ]); // prettier-ignore
    processes[4]!.exit('SIGKILL');
    await clock.advance(60_000);
    expect(processes).toHaveLength(6);
  });

  it('is repeated with the latest plan when requested during a restart', async () => {
    const { clock, processes, kinds, supervisor, startAll } = startSupervisor();
    await startAll(1);
    const restarts = ['second', 'third', 'fourth'].map((text) => supervisor.restart(plan(1, text)));
    await clock.advance(0);
    processes[1]!.ready();
    await clock.advance(0);
    processes[2]!.ready();
    await Promise.all(restarts);
    expect(processes.slice(1).map((process) => process.assignment()?.configuration)).toEqual([
      'second',
      'fourth',
    ]);
    expect(kinds().filter((kind) => kind === 'restarted')).toHaveLength(2);
  });
});

describe('the end of workers', () => {
  it('waits until each has drained, including retiring ones, and replaces none of them', async () => {
    const { clock, processes, supervisor, startAll } = startSupervisor();
    await startAll(2);
    void supervisor.restart(plan(2));
    await clock.advance(0);
    processes[2]!.ready();
    await clock.advance(0);
    let done = false;
    const stopped = supervisor.stop().then(() => (done = true));
    expect(processes.map(({ told }) => told.at(-1))).toEqual(['drain', 'drain', 'drain', 'drain']);
    for (const process of processes) {
      await clock.advance(0);
      expect(done).toBe(false);
      process.exit();
    }
    await stopped;
    await clock.advance(60_000);
    expect(processes).toHaveLength(4);
    expect(clock.pending()).toBe(0);
  });

  it('kills workers that do not exit in time', async () => {
    const { clock, processes, kinds, supervisor, startAll } = startSupervisor();
    await startAll(2);
    const stopped = supervisor.stop();
    processes[0]!.exit();
    await clock.advance(19_999);
    expect(processes[1]!.killed()).toBe(false);
    await clock.advance(1);
    await stopped;
    expect(processes.map((process) => process.killed())).toEqual([false, true]);
    expect(kinds().at(-1)).toBe('killed');
  });

  it('ends the wait for a replacement', async () => {
    const { clock, processes, supervisor, startAll } = startSupervisor();
    await startAll(1);
    processes[0]!.exit('SIGKILL');
    await supervisor.stop();
    expect(clock.pending()).toBe(0);
    expect(processes).toHaveLength(1);
  });
});

it('every worker reopens its log files', async () => {
  const { processes, supervisor, startAll } = startSupervisor();
  await startAll(2);
  supervisor.reopenLogs();
  expect(processes.map(({ told }) => told)).toEqual([
    ['start', 'reopen'],
    ['start', 'reopen'],
  ]);
});
