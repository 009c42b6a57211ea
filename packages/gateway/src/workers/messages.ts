import type { SlotDemand } from '@grantgate/middleware/cache/slots';
import type { BucketLimits } from '@grantgate/middleware/cache/token-bucket';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import type { ListenAddresses } from '../config/address.ts';
import type { Problem } from '../config/place.ts';
import type { GatewayStartErrorCode } from '../start-error.ts';
import type { ClusterMessage } from './cluster-messages.ts';
import type { Readings } from './readings.ts';
import type { SurveyReplies } from './surveys.ts';

/** Messages between the processes of one gateway; sent as structured clones. */
export type ToWorker =
  | ({ readonly kind: 'start' } & Assignment)
  /** Reopen log files. */
  | { readonly kind: 'reopen' }
  /** Another process takes over: respond to the requests of open connections, then exit. */
  | { readonly kind: 'retire' }
  /** Exit within the grace time-outs. */
  | { readonly kind: 'drain' }
  /** Requests the metrics of the worker. */
  | { readonly kind: 'count' }
  /** Drop tokens; the reply is `purged` with the same `id`. */
  | { readonly kind: 'purge'; readonly id: number; readonly request: PurgeRequest }
  /** All workers have dropped tokens; undefined when one of them did not confirm in time. */
  | { readonly kind: 'purged'; readonly id: number; readonly purged: PurgeResult | undefined }
  /** Requests data for the API; the reply is `surveyed` with the same `id`. */
  | { readonly kind: 'survey'; readonly id: number; readonly question: unknown }
  /** Replies of all workers to a survey that this worker requested. */
  | { readonly kind: 'surveyed'; readonly id: number; readonly replies: SurveyReplies }
  /** The metrics of all workers, in several parts if they are long; undefined when they are unavailable. */
  | {
      readonly kind: 'metrics';
      readonly id: number;
      readonly text: string | undefined;
      readonly isPart?: boolean;
    }
  | ClusterMessage
  | StoreReply;

export type ToPrimary =
  /** Requests its assignment; the first message of a worker. */
  | { readonly kind: 'hello' }
  /** The worker now serves requests. */
  | { readonly kind: 'ready'; readonly addresses: ListenAddresses }
  /** The worker cannot serve, and exits. */
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  /** Reply to `count`, and the last message of a worker that exits; in several parts if it is long. */
  | { readonly kind: 'counted'; readonly readings: Readings; readonly isPart?: boolean }
  /** Requests that all workers drop tokens; the reply has the same `id`. */
  | { readonly kind: 'purge'; readonly id: number; readonly request: PurgeRequest }
  | { readonly kind: 'purged'; readonly id: number; readonly purged: PurgeResult }
  /** Requests data for the API from all workers; the reply has the same `id`. */
  | { readonly kind: 'survey'; readonly id: number; readonly question: unknown }
  | { readonly kind: 'surveyed'; readonly id: number; readonly reading: unknown }
  /** Requests a shutdown of the whole gateway. */
  | { readonly kind: 'stop' }
  /** Requests the metrics of all workers; the reply has the same `id`. */
  | { readonly kind: 'metrics'; readonly id: number }
  /** Problems of its configuration, for the Events of a cluster. */
  | { readonly kind: 'cluster_problems'; readonly problems: readonly Problem[] }
  | StoreRequest;

/** Assignment of a worker when it starts. */
export interface Assignment {
  /** 1 and up; a replacement has the same number. */
  readonly number: number;
  /** Text of the install configuration as read by the primary, so that workers agree even if the file changes. Undefined without a file. */
  readonly configuration: string | undefined;
  /** 32 random bytes, new in each primary: they encrypt and name tokens on their way to the other workers. */
  readonly secret: Uint8Array;
  /** Crashes of its number so far; undefined: none. */
  readonly crashes?: WorkerCrashes;
}

/** Crashes of the workers with one number. */
export interface WorkerCrashes {
  readonly count: number;
  /** When the last one crashed, in milliseconds since the epoch. */
  readonly lastAt: number;
  /** Exit code or signal of the last one. */
  readonly lastHow: string;
}

/** The reason why a gateway cannot start: a code of `GatewayStartError` and its message. */
export interface StartFailure {
  readonly code: GatewayStartErrorCode;
  readonly message: string;
}

/** One operation on the store of the primary; the reply has the same `id`. */
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
