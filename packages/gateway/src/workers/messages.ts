import type { SlotDemand } from '@grantgate/middleware/cache/slots';
import type { BucketLimits } from '@grantgate/middleware/cache/token-bucket';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import type { ListenAddresses } from '../config/install.ts';
import type { Problem } from '../config/place.ts';
import type { GatewayStartErrorCode } from '../start-error.ts';
import type { ClusterMessage } from './cluster-messages.ts';
import type { Readings } from './readings.ts';

/** What the processes of one gateway say to each other; structured clones of it. */
export type ToWorker =
  | ({ readonly kind: 'start' } & Assignment)
  /** Reopen log files. */
  | { readonly kind: 'reopen' }
  /** Another process takes over: answer what the open connections still ask for, then end. */
  | { readonly kind: 'retire' }
  /** End within the grace time-outs. */
  | { readonly kind: 'drain' }
  /** Asks for what it has counted. */
  | { readonly kind: 'count' }
  /** Drop tokens, answered by `purged` under the same `id`. */
  | { readonly kind: 'purge'; readonly id: number; readonly request: PurgeRequest }
  /** All workers have dropped tokens; undefined when one of them did not say so in time. */
  | { readonly kind: 'purged'; readonly id: number; readonly purged: PurgeResult | undefined }
  /** The metrics of all workers; undefined when they are unavailable. */
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string | undefined }
  | ClusterMessage
  | StoreReply;

export type ToPrimary =
  /** Asks for its assignment; the first thing that a worker says. */
  | { readonly kind: 'hello' }
  /** Serves requests from now on. */
  | { readonly kind: 'ready'; readonly addresses: ListenAddresses }
  /** Cannot serve, and ends. */
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  /** Answers `count`; and once more as its last words. */
  | { readonly kind: 'counted'; readonly readings: Readings }
  /** Asks that all workers drop tokens, answered under the same `id`. */
  | { readonly kind: 'purge'; readonly id: number; readonly request: PurgeRequest }
  | { readonly kind: 'purged'; readonly id: number; readonly purged: PurgeResult }
  /** Requests the metrics of all workers; the reply has the same `id`. */
  | { readonly kind: 'metrics'; readonly id: number }
  /** What is wrong in its configuration, for the Events of a cluster. */
  | { readonly kind: 'cluster_problems'; readonly problems: readonly Problem[] }
  | StoreRequest;

/** What a worker is given when it starts. */
export interface Assignment {
  /** From 1; the one that replaces another has the same. */
  readonly number: number;
  /** Text of the install configuration, as the primary read it: workers agree on it whatever happens to the file. Undefined without a file. */
  readonly configuration: string | undefined;
  /** 32 random bytes from each primary: they encrypt and name tokens on their way to the other workers. */
  readonly secret: Uint8Array;
}

/** Why a gateway cannot start: a code of `GatewayStartError` and its message. */
export interface StartFailure {
  readonly code: GatewayStartErrorCode;
  readonly message: string;
}

/** One operation on the store that the primary holds, answered under the same `id`. */
export type StoreRequest = { readonly kind: 'store'; readonly id: number } & (
  | { readonly operation: 'get'; readonly key: string }
  | {
      readonly operation: 'set' | 'setIfAbsent' | 'extendIfEquals';
      readonly key: string;
      readonly value: Uint8Array;
      readonly ttlMs: number;
    }
  | { readonly operation: 'deleteIfEquals'; readonly key: string; readonly value: Uint8Array }
  | { readonly operation: 'take'; readonly key: string; readonly limits: BucketLimits }
  | {
      readonly operation: 'occupy';
      readonly key: string;
      readonly holder: string;
      readonly demand: SlotDemand;
    }
  | { readonly operation: 'ping' }
);

export type StoreReply = { readonly kind: 'stored'; readonly id: number } & (
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly reason: string }
);
