import type { Document } from '../config/document.ts';
import type { UnreadSecrets } from '../config/dynamic.ts';
import type { ObjectName, Problem } from '../config/place.ts';

/** Output of a Kubernetes provider. */
export interface ClusterOutput {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
  readonly unreadSecrets?: UnreadSecrets;
}

/** A document of a cluster without its functions, for another process. */
export interface SentObject extends Omit<Document, 'placeOf'> {
  /** Number by which later messages refer to it. */
  readonly id: number;
  readonly object: ObjectName | undefined;
}

/** Messages of the primary about the cluster, in order. */
export type ClusterMessage =
  /** The output, as a diff to the previous one. */
  | {
      readonly kind: 'cluster_output';
      /** Number of unchanged documents at the beginning and at the end of the list. */
      readonly start: number;
      readonly end: number;
      /** Documents in between: new ones, or the number of one that was already sent. */
      readonly documents: readonly (number | SentObject)[];
      readonly problems: readonly Problem[];
      readonly unreadSecrets: UnreadSecrets | undefined;
    }
  /** Objects that readiness waits for. */
  | { readonly kind: 'cluster_waits'; readonly waitsFor: readonly string[] };
