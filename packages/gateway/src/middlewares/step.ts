import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { Subject } from '@grantgate/middleware/decision/decision';
import type { CallerAuthentication } from '@grantgate/middleware/verification/create-caller-decide';
import type { CallerBody } from '../http1/message/caller-body.ts';
import type { ResponseWriter } from '../http1/message/response-writer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Refusal, StepRefusal } from './refusal.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** A compiled middleware. The requests of a route run through its steps, outermost first. */
export interface Step {
  /** Qualified name: `apps-test@kubernetescrd`. */
  readonly name: string;
  /** Decides whether a request passes, and how it changes. */
  readonly onRequest: (request: StepRequest) => MaybePromise<StepResult>;
  /** Changes the refusal of a later step before `onResponse`, also for external authorization. */
  readonly onRefusal?: (refusal: Refusal) => Refusal;
  /**
   * Changes the headers of responses, innermost step first: of a server, of a later step, or of the gateway itself.
   *
   * @param headers name and value in turn. @param start the first part of the body, if `awaitsStart` requested it and there is one.
   * @returns the same list when there is no change.
   */
  readonly onResponse?: (
    headers: readonly string[],
    status: number,
    request: StepRequest,
    start?: Buffer,
  ) => readonly string[];
  /**
   * Whether the headers of a server's response depend on its body, so that they wait for its first part. Default: no.
   *
   * @param headers name and value in turn, names in any letter case.
   */
  readonly awaitsStart?: (headers: readonly string[], status: number, request: StepRequest) => boolean;
  /**
   * For a step that changes bodies of responses: the destination of a response instead of `next`, which is the next outer step or the
   * caller. Called when the response to a request that this step passed begins; undefined: this response is unchanged.
   */
  readonly wrapResponse?: (
    next: ResponseWriter,
    request: StepRequest,
    pages: Pages,
  ) => StepWriter | undefined;
  /** Qualified name of the service that serves its pages. */
  readonly service?: string;
  /** Whether it changes the server's path; without effect for external authorization, because the proxy sends the request itself. */
  readonly rewritesTarget?: boolean;
  /** Names of the query parameters, and of headers in lower case, with callers' credentials; logs redact them. */
  readonly secretNames?: ReadonlySet<string>;
  /** Callers' credentials that it verifies; undefined for a step that does not authenticate callers. */
  readonly credentials?: StepCredentials | undefined;
  /** A document about its route that callers may read without credentials. */
  readonly metadata?: StepMetadata;
  /** Whether a caller authenticated by an earlier step stays the client of the request. Default: the last step's caller is the client. */
  readonly keepsCaller?: boolean;
  /** Whether it acts on responses of servers; without effect for external authorization, because the proxy receives them. */
  readonly needsServer?: boolean;
  /** Conditions for sending a request to a server again; of several steps, the innermost decides. */
  readonly retry?: RetryPolicy;
  /**
   * Called once for each request that this step passed, when the response has ended.
   *
   * @param status of the response; 499 when the caller disconnected before it.
   */
  readonly onEnd?: (request: StepRequest, status: number) => void;
  /** Replaces a result whose token a server has refused; undefined if the step cannot. */
  readonly renew?: ((pass: Pass) => MaybePromise<Pass | undefined>) | undefined;
  /** For a circuit breaker. */
  readonly readCircuit?: () => CircuitReading;
  /** Counters of its tokens; middlewares with shared tokens share them. */
  readonly tally?: TokenTally | undefined;
  /** Drops its tokens, of one client or of all; middlewares with shared tokens share this function. */
  readonly purge?: ((clientId?: string) => number) | undefined;
  /** Visits the callers whose credentials it has cached; middlewares with shared credentials share this function. */
  readonly forEachCaller?: CallerAuthentication<StepRequest>['forEachCaller'] | undefined;
  /** Releases its resources, after the last request that uses it has ended. */
  readonly close?: () => Promise<void>;
}

/** `open`: refuses all requests; `recovering`: refuses some of them. */
export type CircuitState = 'closed' | 'open' | 'recovering';

/** The current state of a circuit breaker. */
export interface CircuitReading {
  readonly state: CircuitState;
  /** Milliseconds until the state ends by itself; undefined: it does not. */
  readonly leftMs: number | undefined;
}

/** A document about a route, at a path below `/.well-known/` that no rule of the route needs to match. */
export interface StepMetadata {
  /** Path of requests for it. */
  readonly path: string;
  /** `Host` of requests for it, in lower case, with the port if it is not the usual one. */
  readonly host: string;
  /** Responds to them, after earlier steps have passed the request. */
  readonly respond: (request: StepRequest) => Reply;
}

/** The credentials by which a step decides. */
export interface StepCredentials {
  /** Whether a request has a credential, well-formed or not. */
  recognises(request: StepRequest): boolean;
  /** Removes them from the server's request, when another step has passed it. */
  remove(pass: Pass, request: StepRequest): Pass;
}

/** Continues one response through a step: begins, writes and ends the next one, possibly later. */
export interface StepWriter extends ResponseWriter {
  /** The caller has its response or has disconnected: nothing more is written, and buffers are released. */
  closed(): void;
}

/** A page of a service that replaces a response. */
export interface Page {
  /** Qualified name of the service, which is that of the step. */
  readonly service: string;
  /** Path and query of the page. */
  readonly target: string;
  /** Status with which the page is sent. */
  readonly status: number;
  /** Headers with which it is sent, name and value in turn. */
  readonly headers: readonly string[];
  /** Names of the request's headers that are sent to the service of the page, in lower case; undefined: all. */
  readonly requestHeaders: ReadonlySet<string> | undefined;
  /** Replaces the page when the service does not respond. */
  readonly unavailable: StepRefusal;
}

export interface Pages {
  /** Requests a page with the headers of the original request, and writes it. */
  send(page: Page, to: ResponseWriter): void;
  /** Writes a refusal instead of the response. */
  refuse(refusal: StepRefusal, to: ResponseWriter): void;
}

/** Reads the body of a request to its end. */
export interface StepBody extends CallerBody {
  /** Maximum bytes; 0: no limit. */
  readonly maxBytes: number;
  /** Called once, when the response has ended or the caller has disconnected. */
  onClose(told: { responseClosed(): void }): void;
}

/** A body that was read to its end. */
export interface WholeBody {
  readonly body: CallerBody;
  /** Length in bytes. */
  readonly length: number;
}

/** A request with the changes of earlier steps. */
export interface StepRequest {
  /** The request as received. */
  readonly facts: RequestFacts;
  /** Value of `Authorization`; undefined when absent. */
  readonly authorization: string | undefined;
  /** Shared by requests with identical headers; undefined when unknown, and after a step that changes the request. */
  readonly sharedHead?: object | undefined;
  /** Path and query. */
  readonly target: string;
  /** Value of `Host`. */
  readonly authority: string;
  /** The client authenticated by the last step; a client of the gateway only when no step authenticated a caller. */
  readonly subject: Subject | undefined;
  /** Undefined without a body, and for external authorization. */
  readonly body?: StepBody | undefined;
  /** The values of a header, joined by `, `; undefined when there is none. @param name in lower case. */
  header(name: string): string | undefined;
  /** The headers for the server, name and value in turn: `Host` first, without headers that frame the body. */
  headers(): readonly string[];
  /**
   * Reads the body into memory, for this step, later ones and the server. For external authorization there is no body.
   *
   * @param maxBytes 0 and up. @returns the body, possibly empty; undefined when it is larger, in which case it is streamed to the server.
   */
  bufferBody(maxBytes: number): MaybePromise<Buffer | undefined>;
}

/** The result of a step: the request passes, it is refused, or the step responds itself. */
export type StepResult = Pass | StepRefusal | Reply;

/**
 * The request passes. Steps should return the same lists of headers whenever possible, because derived results are cached by identity.
 * A decision of `oAuthClientCredentials` is one.
 */
export interface Pass {
  readonly allowed: true;
  /** Headers to send, name and value in turn. */
  readonly setHeaders: readonly string[];
  /** Headers to drop, in the form of `normalizeHeaderName`, including the names of `setHeaders`. */
  readonly removeHeaders: ReadonlySet<string>;
  /** The client that sent the request; undefined when the step does not authenticate. */
  readonly subject?: Subject;
  /** New path and query; undefined: unchanged. */
  readonly target?: string | undefined;
  /** New value of `Host`; undefined: unchanged. */
  readonly host?: string | undefined;
  /** The request's new body, when the step has read it; undefined: unchanged. */
  readonly body?: WholeBody;
}

/** A response of the step itself, such as a redirect. Later steps and the server do not get the request. */
export interface Reply {
  readonly allowed: false;
  readonly response: StepResponse;
}

export interface StepResponse {
  readonly status: number;
  /** Name and value in turn, without `Content-Length`. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** The request passes unchanged. */
export const unchanged: Pass = Object.freeze({
  allowed: true,
  setHeaders: Object.freeze([]),
  removeHeaders: new Set<string>(),
});
