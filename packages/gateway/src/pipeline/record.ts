import type { RequestFacts } from '../routing/facts.ts';
import type { Refusal } from '../middlewares/refusal.ts';

/** Position of a request in a trace (W3C Trace Context). */
export interface TraceIdentity {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** ID of the span of the whole request, 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether its spans are exported. */
  readonly isSampled: boolean;
}

/** The outcome of one request, complete when its response has ended. Never contains a secret or a token. */
export interface RequestRecord {
  readonly facts: RequestFacts;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds of the monotonic clock. */
  readonly startedMonotonic: number;
  /** Milliseconds from the request's head to the end of its response. */
  readonly durationMs: number;
  /** Milliseconds from forwarding the request to the end of the response; 0 if it was not forwarded. */
  readonly originDurationMs: number;
  /** Status sent to the caller; 499 if the caller disconnected before. */
  readonly status: number;
  /** Status of the server's response; 0 without a response. */
  readonly originStatus: number;
  /** Headers of the server's response, name and value in turn; undefined without a response. */
  readonly originHead?: { readonly headers: readonly string[] } | undefined;
  /** Headers sent to the caller, name and value in turn; undefined where they are unknown. */
  readonly downstreamHeaders?: readonly string[] | undefined;
  /** Bytes of the server's body that were forwarded to the caller. */
  readonly originBytes: number;
  /** Bytes of the caller's body that were read. */
  readonly requestBytes: number;
  /** Bytes of the body that was sent to the caller, from the server or from a refusal. */
  readonly downstreamBytes: number;
  /** Number of times the request was repeated. */
  readonly retryAttempts: number;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  readonly routerName: string | undefined;
  readonly serviceName: string | undefined;
  /** Query parameters, and headers in lower case, that carry credentials on this route, in addition to the usual ones. */
  readonly secretNames?: ReadonlySet<string> | undefined;
  /** URL of the server as configured. */
  readonly serverUrl: string | undefined;
  /** The claim of `usernameClaim` of a request that passed; the client ID that the caller of a refused request presented. */
  readonly clientUsername: string | undefined;
  /** The refusal; undefined when the response is the server's. */
  readonly refusal: Refusal | undefined;
  /** Undefined: the request is not traced. */
  readonly trace?: TraceIdentity | undefined;
  /** The reason why the server's response is missing, invalid or incomplete, for the log. */
  readonly originFault: string | undefined;
}
