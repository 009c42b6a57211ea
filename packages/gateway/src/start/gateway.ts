import type { Clock } from '@grantgate/middleware/base/clock';
import type { LocalStore } from '@grantgate/middleware/cache/stores';
import type { ListenAddresses } from '../config/install.ts';
import type { Sink } from '../observe/sink.ts';
import type { KubernetesProvider } from '../providers/kubernetes/provider.ts';
import type { Provider } from '../providers/provider.ts';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import type { SurveyReplies } from '../workers/surveys.ts';
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
  /** Interrupts a start that waits for its providers; a gateway that has started is stopped by `drain`. Default: nothing does. */
  readonly signal?: AbortSignal;
  /** Has the whole gateway shut down, as SIGTERM does. Default: nobody can. */
  readonly stop?: () => void;
  /** For one of several processes that serve requests together; default: it is the only one. */
  readonly worker?: WorkerPart;
}

/** The role of this process among several. */
export interface WorkerPart {
  /** From 1. The first speaks for all of them about the configuration, in the log and to a cluster. */
  readonly number: number;
  /** Where they share the tokens of middlewares without `store`. */
  readonly local: Omit<LocalStore, 'events'>;
  /** Metrics of all workers, in the text format. */
  readonly metrics: () => Promise<string>;
  /** Has all of them drop tokens; rejects when one does not reply in time. */
  readonly purge: (request: PurgeRequest) => Promise<PurgeResult>;
  /** Asks all of them for what the API needs; rejects when the primary does not reply in time. */
  readonly survey: (question: unknown) => Promise<SurveyReplies>;
  /** The cluster of `providers`, which one process follows for all of them. */
  readonly cluster: ClusterProvider;
}

/** A provider of routes of a cluster. */
export type ClusterProvider = Provider & Pick<KubernetesProvider, 'waitsFor' | 'report'>;

/** A running gateway. */
export interface Gateway {
  /** Where it listens, by entry point; the port is the one in use when 0 was asked for. */
  readonly addresses: ListenAddresses;
  /** Reopens log files after a rotation. */
  reopenLogs(): void;
  /** Counts of this process, also after its end; undefined when it counts nothing. */
  readMetrics(): Readings | undefined;
  /** Answers a question of the API for this process; undefined without API. */
  readForApi(question: unknown): unknown;
  /** Drops tokens of this process. */
  purgeTokens(request: PurgeRequest): PurgeResult;
  /**
   * Leaves new connections to another process, answers what the open ones still ask for within each entry point's
   * `graceTimeOut`, and drains.
   */
  retire(): Promise<void>;
  /**
   * Takes no new requests, lets those in flight finish within each entry point's `graceTimeOut`, and closes everything.
   * Calling it again waits for the same end.
   */
  drain(): Promise<void>;
}

/** An error in words. */
export const describe = (error: unknown): string =>
  error instanceof Error ? error.message : 'unknown error';
