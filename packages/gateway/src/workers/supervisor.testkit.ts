import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createMemoryStore } from '../../../middleware/src/cache/memory-store.ts';
import type { WorkerEvent } from './event.ts';
import type { ToPrimary, ToWorker } from './messages.ts';
import type { Readings } from './readings.ts';
import { createSupervisor } from './supervisor.ts';
import type { WorkerPlan } from './worker-members.ts';

/** Readings with one count. */
export const reading = (value: number): Readings => ({
  series: { count: [{ labels: '', of: undefined, value }] },
  current: { router: [], service: [], middleware: [], store: [], issuer: [] },
});
const numberIn = (series: Readings['series']): number => series['count']?.[0]?.value ?? NaN;

/** A process controlled by a test, which records the messages that it receives. */
export interface FakeProcess {
  readonly told: readonly string[];
  readonly replies: readonly ToWorker[];
  /** The role with which it was started. */
  readonly assignment: () => Extract<ToWorker, { kind: 'start' }> | undefined;
  readonly say: (message: ToPrimary) => void;
  readonly ready: (port?: number) => void;
  readonly exit: (how?: string) => void;
  readonly killed: () => boolean;
}

export const plan = (count: number, configuration = 'first'): WorkerPlan => ({
  count,
  configuration,
  endWithinMs: 20_000,
});

/** A supervisor of fake processes. */
export function startSupervisor() {
  const clock = createFakeClock();
  const processes: FakeProcess[] = [];
  const events: WorkerEvent[] = [];
  const ended: number[] = [];
  const store = createMemoryStore({ clock });
  const secret = randomBytes(32);
  const fork = () => {
    const told: ToWorker[] = [];
    let onMessage = (_message: ToPrimary): void => {};
    let onExit = (_how: string): void => {};
    let alive = true;
    let killed = false;
    const exit = (how = 'exit code 0'): void => {
      if (!alive) return;
      alive = false;
      onExit(how);
    };
    const say = (message: ToPrimary): void => onMessage(message);
    processes.push({
      get told() {
        return told.map(({ kind }) => kind);
      },
      replies: told,
      assignment: () => told.find((message) => message.kind === 'start'),
      say,
      ready: (port = 8000) =>
        say({ kind: 'ready', addresses: new Map([['web', { host: undefined, port }]]) }),
      exit,
      killed: () => killed,
    });
    queueMicrotask(() => say({ kind: 'hello' }));
    return {
      pid: processes.length,
      send(message: ToWorker) {
        if (alive) told.push(message);
      },
      onMessage: (listener: (message: ToPrimary) => void) => void (onMessage = listener),
      onExit: (listener: (how: string) => void) => void (onExit = listener),
      kill() {
        killed = true;
        exit('SIGKILL');
      },
    };
  };
  const supervisor = createSupervisor({
    clock,
    fork,
    store,
    secret,
    onEvent: (event) => void events.push(event),
    onEnded: ({ series }) => void ended.push(numberIn(series)),
    writeMetrics: ({ readings, late }, serving) => {
      if (readings.length === 0) throw new Error('nothing to write');
      return JSON.stringify({ counted: readings.map(({ series }) => numberIn(series)), late, serving });
    },
    // The longest wait of the back-off.
    random: () => 1 - Number.EPSILON,
  });
  /** Starts `count` workers, all ready. */
  const startAll = async (count: number): Promise<void> => {
    const started = supervisor.start(plan(count));
    await clock.advance(0);
    processes[0]!.ready();
    expect(await started).toBeUndefined();
    await clock.advance(0);
    processes.slice(1).forEach((process) => process.ready());
    await clock.advance(0);
  };
  const kinds = (): string[] => events.map(({ kind }) => kind);
  return { clock, processes, events, ended, kinds, supervisor, store, secret, startAll };
}
