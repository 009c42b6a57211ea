import type { Document } from '../config/document.ts';
import type { Problem } from '../config/place.ts';
import { findChanges } from '../reload/list-changes.ts';
import type { ClusterMessage, ClusterOutput, SentObject } from './cluster-messages.ts';

/** The source of a cluster feed. */
export interface ClusterSource {
  start(emit: (output: ClusterOutput) => void): Promise<void>;
  /** Objects that readiness waits for; empty when the cluster has been read. */
  waitsFor(): readonly string[];
  report(problems: readonly Problem[]): void;
  close(): void;
}

/** Follows a cluster once for all workers. */
export interface ClusterFeed {
  /** Sends a worker the current state and every later change. The returned function unsubscribes it. */
  subscribe(send: (message: ClusterMessage) => void): () => void;
  /** Reports problems that a worker found in the configuration. */
  report(problems: readonly Problem[]): void;
  /** Called when the list of `waitsFor` may have changed. */
  progress(): void;
  close(): void;
}

export function createClusterFeed(source: ClusterSource): ClusterFeed {
  const subscribers = new Set<(message: ClusterMessage) => void>();
  /** Numbers of the documents in the last output. */
  let ids: ReadonlyMap<Document, number> = new Map();
  let count = 0;
  let output: ClusterOutput | undefined;
  let waitsFor: readonly string[] | undefined;
  const progress = (): void => {
    const now = source.waitsFor();
    if (waitsFor !== undefined && isSameList(now, waitsFor)) return;
    waitsFor = now;
    for (const send of subscribers) send({ kind: 'cluster_waits', waitsFor: now });
  };
  const take = (next: ClusterOutput): void => {
    const { start, end } = findChanges(output?.documents ?? [], next.documents);
    const before = ids;
    const numbered = next.documents.map(
      (document) => [document, before.get(document) ?? (count += 1)] as const,
    );
    const documents = numbered
      .slice(start, numbered.length - end)
      .map(([document, id]) => (before.has(document) ? id : describe(document, id)));
    ids = new Map(numbered);
    output = next;
    const message = { kind: 'cluster_output', start, end, documents, ...restOf(next) } as const;
    for (const send of subscribers) send(message);
    progress();
  };
  void source.start(take);
  return {
    subscribe(send) {
      subscribers.add(send);
      send({ kind: 'cluster_waits', waitsFor: source.waitsFor() });
      if (output !== undefined) {
        const documents = Array.from(ids, ([document, id]) => describe(document, id));
        send({ kind: 'cluster_output', start: 0, end: 0, documents, ...restOf(output) });
      }
      return () => void subscribers.delete(send);
    },
    report: (problems) => source.report(problems),
    progress,
    close: () => source.close(),
  };
}

const restOf = ({ problems, unreadSecrets }: ClusterOutput) => ({ problems, unreadSecrets });

const describe = ({ placeOf, ...rest }: Document, id: number): SentObject => ({
  ...rest,
  id,
  object: placeOf([]).object,
});

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);
