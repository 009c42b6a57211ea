import type { Document } from '../config/document.ts';
import type { UnreadSecrets } from '../config/dynamic.ts';
import type { ObjectName, Problem } from '../config/place.ts';

/** What a provider of a Kubernetes cluster emits. */
export interface ClusterOutput {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
  readonly unreadSecrets?: UnreadSecrets;
}

/** An object of a cluster on its way to another process: a document without functions. */
export interface SentObject extends Omit<Document, 'placeOf'> {
  /** Under which later messages mean it. */
  readonly id: number;
  readonly object: ObjectName | undefined;
}

/** What the primary says about the cluster, in the order in which it happens. */
export type ClusterMessage =
  /** The output, as it differs from the one before. */
  | {
      readonly kind: 'cluster_output';
      /** Documents that stay at the beginning and at the end of the list. */
      readonly start: number;
      readonly end: number;
      /** Those in between, by the number of one that was sent before. */
      readonly documents: readonly (number | SentObject)[];
      readonly problems: readonly Problem[];
      readonly unreadSecrets: UnreadSecrets | undefined;
    }
  /** What readiness waits for. */
  | { readonly kind: 'cluster_waits'; readonly waitsFor: readonly string[] };
