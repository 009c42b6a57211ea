import type { Clock } from '@grantgate/middleware/base/clock';
import type { LocalStore } from '@grantgate/middleware/cache/stores';
import type { ListenAddresses } from '../config/address.ts';
import type { Sink } from '../observe/sink.ts';
import type { KubernetesProvider } from '../providers/kubernetes/provider.ts';
import type { Provider } from '../providers/provider.ts';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import type { SurveyReplies } from '../workers/surveys.ts';
import type { WorkerCrashes } from '../workers/messages.ts';
import type { Readings } from '../workers/readings.ts';

/** The parts of its process that the gateway uses. */
export interface GatewayIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Access log without `accessLog.filePath`. */
  readonly stdout: Sink;
  /** The gateway's own log. */
  readonly stderr: Sink;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Aborts a start that waits for its providers; a started gateway is stopped by `drain`. Default: the start cannot be aborted. */
  readonly signal?: AbortSignal;
  /** Shuts down the whole gateway, as SIGTERM does. Default: unavailable. */
  readonly stop?: () => void;
  /** Role of this process if several processes serve requests together; default: it is the only one. */
  readonly worker?: WorkerPart;
}

/** The role of this process among several. */
export interface WorkerPart {
  /** From 1. The first one reports on the configuration for all of them, in the log and to a cluster. */
  readonly number: number;
  /** Crashes of earlier workers with its number. Default: none. */
  readonly crashes?: WorkerCrashes | undefined;
  /** Store in which they share the tokens of middlewares without `store`. */
  readonly local: Omit<LocalStore, 'events'>;
  /** Metrics of all workers, in the text format. */
  readonly metrics: () => Promise<string>;
  /** Drops tokens in all of them; rejects when one does not reply in time. */
  readonly purge: (request: PurgeRequest) => Promise<PurgeResult>;
  /** Requests data for the API from all of them; rejects when the primary does not reply in time. */
  readonly survey: (question: unknown) => Promise<SurveyReplies>;
  /** The cluster of `providers`, which one process follows for all of them. */
  readonly cluster: ClusterProvider;
}

/** A provider of routes of a cluster. */
export type ClusterProvider = Provider & Pick<KubernetesProvider, 'waitsFor' | 'report'>;

/** A running gateway. */
export interface Gateway {
  /** Addresses of the listeners, by entry point; with the actual port if 0 was configured. */
  readonly addresses: ListenAddresses;
  /** Reopens log files after a rotation. */
  reopenLogs(): void;
  /** Metrics of this process, even after its end; undefined when nothing is counted. */
  readMetrics(): Readings | undefined;
  /** Replies to a question of the API for this process; undefined without the API. */
  readForApi(question: unknown): unknown;
  /** Drops tokens of this process. */
  purgeTokens(request: PurgeRequest): PurgeResult;
  /**
   * Leaves new connections to another process, responds to remaining requests on open ones within each entry point's
   * `graceTimeOut`, and drains.
   */
  retire(): Promise<void>;
  /**
   * Accepts no new requests, lets those in flight finish within each entry point's `graceTimeOut`, and closes everything.
   * Further calls wait for the same end.
   */
  drain(): Promise<void>;
}

/** Describes an error in words. */
export const describe = (error: unknown): string =>
  error instanceof Error ? error.message : 'unknown error';
