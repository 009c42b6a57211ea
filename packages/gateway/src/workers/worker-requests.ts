import type { Clock } from '@grantgate/middleware/base/clock';
import type { TokenStore } from '@grantgate/middleware/cache/store';
import type { CollectionResult } from './collection.ts';
import { createCollection } from './collection.ts';
import type { ToPrimary, ToWorker } from './messages.ts';
import { createPurges } from './purges.ts';
import type { Readings } from './readings.ts';
import { createSurveys } from './surveys.ts';
import { replyToStore } from './store-reply.ts';

/** A worker that can receive messages. */
interface Recipient {
  readonly process: { send(message: ToWorker): void };
}

/** Requests of one worker to all workers, and their replies. */
export interface WorkerRequests<M extends Recipient> {
  take(from: M, message: WorkerRequest): void;
  /** Collects the metrics of the workers. */
  readonly collect: () => Promise<CollectionResult>;
  /** Called when a worker has exited: its replies are not awaited any more. */
  end(member: M): void;
}

/** Messages that are unrelated to the life of the worker. */
export type WorkerRequest = Exclude<
  ToPrimary,
  { readonly kind: 'hello' | 'ready' | 'failed' | 'cluster_problems' }
>;

export interface WorkerRequestDeps {
  readonly clock: Clock;
  readonly store: TokenStore;
  readonly onEnded: (readings: Readings) => void;
  /** Called when a worker requests a shutdown of the gateway. Default: nothing happens. */
  readonly onStop?: (() => void) | undefined;
  readonly writeMetrics: (collected: CollectionResult, serving: number) => string | Promise<string>;
}

export interface Workers<M> {
  /** Includes workers that start or drain. */
  readonly all: () => Iterable<M>;
  readonly ready: () => readonly M[];
  /** Number of workers that serve. */
  readonly serving: () => number;
}

/** Maximum number of characters in a message: longer ones would block the event loop while they are serialized. */
const partLength = 1 << 20;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type RequestOf<Kind extends WorkerRequest['kind']> = Extract<WorkerRequest, { readonly kind: Kind }>;

export function createWorkerRequests<M extends Recipient>(
  { clock, store, onEnded, onStop, writeMetrics }: WorkerRequestDeps,
  workers: Workers<M>,
): WorkerRequests<M> {
  const collection = createCollection<M>(clock);
  const purges = createPurges<M>(clock);
  const surveys = createSurveys<M>(clock);

  const collect = (): Promise<CollectionResult> =>
    collection.collect(workers.ready(), (member) => member.process.send({ kind: 'count' }));

  const replyWithMetrics = async ({ process }: M, id: number): Promise<void> => {
    const collected = await collect();
    let text: string | undefined;
    try {
      text = await writeMetrics(collected, workers.serving());
    } catch {
      // A failure to collect metrics must not crash the primary.
    }
    while (text !== undefined && text.length > partLength) {
      process.send({ kind: 'metrics', id, text: text.slice(0, partLength), isPart: true });
      text = text.slice(partLength);
      await nextTurn();
    }
    process.send({ kind: 'metrics', id, text });
  };

  /** A worker that starts or drains may use tokens as well. */
  const respondToPurge = async ({ process }: M, { id, request }: RequestOf<'purge'>): Promise<void> => {
    const purged = await purges.purge(workers.all(), (member, order) =>
      member.process.send({ kind: 'purge', id: order, request }),
    );
    process.send({ kind: 'purged', id, purged });
  };

  /** Serving workers only: a starting worker has no data yet, and a draining one is being replaced. */
  const respondToSurvey = async ({ process }: M, { id, question }: RequestOf<'survey'>): Promise<void> => {
    const replies = await surveys.ask(workers.ready(), (member, order) =>
      member.process.send({ kind: 'survey', id: order, question }),
    );
    process.send({ kind: 'surveyed', id, replies });
  };

  return {
    collect,
    take(from, message) {
      switch (message.kind) {
        case 'counted':
          collection.take(from, message.readings, message.isPart);
          return;
        case 'metrics':
          void replyWithMetrics(from, message.id);
          return;
        case 'purge':
          void respondToPurge(from, message);
          return;
        case 'purged':
          purges.take(from, message.id, message.purged);
          return;
        case 'survey':
          void respondToSurvey(from, message);
          return;
        case 'surveyed':
          surveys.take(from, message.id, message.reading);
          return;
        case 'stop':
          onStop?.();
          return;
        case 'store':
          void replyToStore(store, message).then((reply) => from.process.send(reply));
      }
    },
    end(member) {
      purges.end(member);
      surveys.end(member);
      const readings = collection.end(member);
      if (readings !== undefined) onEnded(readings);
    },
  };
}
