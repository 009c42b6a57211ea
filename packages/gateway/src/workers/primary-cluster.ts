import type { Document } from '../config/document.ts';
import type { Problem } from '../config/place.ts';
import type { ClusterMessage, ClusterOutput, SentObject } from './cluster-messages.ts';

/** Provider of routes in a worker, for the cluster followed by the primary. */
export interface PrimaryCluster {
  /** Resolves when the primary has sent the first output. */
  start(emit: (output: ClusterOutput) => void): Promise<void>;
  /** Objects that readiness waits for; empty when the cluster has been read. */
  waitsFor(): readonly string[];
  report(problems: readonly Problem[]): void;
  close(): void;
  /** Receives a message of the primary, even before the start. */
  take(message: ClusterMessage): void;
}

/** @param sendProblems sends the primary the problems of the configuration. */
export function createPrimaryCluster(sendProblems: (problems: readonly Problem[]) => void): PrimaryCluster {
  const known = new Map<number, Document>();
  let ids: readonly number[] = [];
  let output: ClusterOutput | undefined;
  let waitsFor: readonly string[] = ['the primary'];
  let emit: ((output: ClusterOutput) => void) | undefined;
  let started = (): void => {};
  const keep = (sent: number | SentObject): number => {
    if (typeof sent === 'number') return sent;
    known.set(sent.id, toDocument(sent));
    return sent.id;
  };
  const forget = (now: readonly number[]): void => {
    const stay = new Set(now);
    for (const id of known.keys()) if (!stay.has(id)) known.delete(id);
  };
  const tell = (): void => {
    if (output === undefined || emit === undefined) return;
    emit(output);
    started();
  };
  return {
    take(message) {
      if (message.kind === 'cluster_waits') {
        ({ waitsFor } = message);
        return;
      }
      const { start, end, documents, problems, unreadSecrets } = message;
      ids = [...ids.slice(0, start), ...documents.map(keep), ...ids.slice(ids.length - end)];
      if (known.size > ids.length) forget(ids);
      output = {
        documents: ids.flatMap((id) => known.get(id) ?? []),
        problems,
        ...(unreadSecrets !== undefined && { unreadSecrets }),
      };
      tell();
    },
    start(next) {
      emit = next;
      const whenStarted = new Promise<void>((resolve) => (started = resolve));
      tell();
      return whenStarted;
    },
    waitsFor: () => waitsFor,
    report: sendProblems,
    close() {
      emit = undefined;
      started();
    },
  };
}

function toDocument({ id: _id, object, ...rest }: SentObject): Document {
  const place = Object.freeze({ file: rest.file, line: 0, column: 0, ...(object && { object }) });
  return Object.freeze({ ...rest, placeOf: () => place });
}
