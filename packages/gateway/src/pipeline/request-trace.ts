import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { RequestFacts } from '../routing/facts.ts';
import type { RequestRecord, TraceIdentity } from './record.ts';

/** The spans of one request. */
export interface RequestTrace extends TraceIdentity {
  /** Runs work so that the requests it sends become part of the trace. */
  run<T>(work: () => T): T;
  /** Runs a step, in its own span when the request is sampled. */
  step<T extends object>(name: string, work: () => MaybePromise<T>): MaybePromise<T>;
  /** Header lines that pass the trace to a server, each with its line break. */
  readonly headerLines: string;
  /** The request is about to be sent to a server. */
  sent(server: TracedServer, request: TracedRequest): void;
  /** The head of the server's response has arrived. @param headers name and value in turn. */
  responded(status: number, headers: readonly string[]): void;
  /** The request is repeated, so the outcome of this attempt does not go to the caller. @param fault undefined for a response. */
  retried(status: number, fault: string | undefined): void;
  ended(record: RequestRecord): void;
}

/** The destination of a request. */
export interface TracedServer {
  /** As configured. */
  readonly url: string;
  /** Prepended to the target. */
  readonly basePath: string;
}

/** A request as a server receives it. */
export interface TracedRequest {
  readonly facts: RequestFacts;
  /** Path and query. */
  readonly target: string;
  readonly secretNames: ReadonlySet<string> | undefined;
}

/** Starts the trace of a request; undefined: it is not traced. @param facts as received, also from an external proxy. */
export type StartTrace = (facts: RequestFacts) => RequestTrace | undefined;
