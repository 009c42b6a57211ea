import type { RequestFacts } from '../routing/facts.ts';
import type { Refusal } from './refusals.ts';

/** What became of one request: written once, when its response has ended. Never holds a secret or a token. */
export interface RequestRecord {
  readonly facts: RequestFacts;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds, whole request. */
  readonly durationMs: number;
  /** Milliseconds from sending the request to the server until its response has ended; 0 without one. */
  readonly originDurationMs: number;
  /** Status sent to the caller; 499 when it went away before it had one. */
  readonly status: number;
  /** Status of the server; 0 without one. */
  readonly originStatus: number;
  /** Bytes of the server's body that were passed on. */
  readonly originBytes: number;
  /** Bytes of the body that the caller was sent: the server's, or a refusal's. */
  readonly downstreamBytes: number;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  readonly routerName: string | undefined;
  readonly serviceName: string | undefined;
  /** URL of the server as configured. */
  readonly serverUrl: string | undefined;
  /** Of a request that passed, the claim of `usernameClaim`; of a refused one, the client ID that the caller presented. */
  readonly clientUsername: string | undefined;
  /** Why the request did not pass; undefined when the response is the server's. */
  readonly refusal: Refusal | undefined;
  /** Why the server's response is not complete, in words for the log: it did not come, was no valid one, or broke off. */
  readonly originFault: string | undefined;
}
