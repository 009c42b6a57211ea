import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { Subject } from '@grantgate/middleware/decision/decision';
import type { CallerBody } from '../http1/message/caller-body.ts';
import type { ResponseWriter } from '../http1/message/response-writer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Refusal, StepRefusal } from './refusal.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** A compiled middleware. The requests of a route run through its steps, outermost first. */
export interface Step {
  /** Qualified name: `apps-test@kubernetescrd`. */
  readonly name: string;
  /** Decides whether a request passes, and with which changes. */
  readonly onRequest: (request: StepRequest) => MaybePromise<StepResult>;
  /** Changes the refusal of a later step, before `onResponse`: wherever the decision is written, beside a proxy too. */
  readonly onRefusal?: (refusal: Refusal) => Refusal;
  /**
   * Changes the headers of responses, innermost step first: of a server's, and of what a later step or the gateway itself responds.
   *
   * @param headers name and value in turn. @param start the first part of the body, where `awaitsStart` asked for it and there is one.
   * @returns the same list when nothing is changed.
   */
  readonly onResponse?: (
    headers: readonly string[],
    status: number,
    request: StepRequest,
    start?: Buffer,
  ) => readonly string[];
  /**
   * Whether the headers of a server's response depend on its body: they wait for its first part. Without it, they do not wait.
   *
   * @param headers name and value in turn, names in any letter case.
   */
  readonly awaitsStart?: (headers: readonly string[], status: number, request: StepRequest) => boolean;
  /**
   * For a step that changes bodies of responses: what a response is written to in place of `next`, which is the next step outwards or the
   * caller. Called when the response of a request that it let pass begins; undefined: this response passes as it is.
   */
  readonly wrapResponse?: (
    next: ResponseWriter,
    request: StepRequest,
    pages: Pages,
  ) => StepWriter | undefined;
  /** Qualified name of the service that its pages come from. */
  readonly service?: string;
  /** Whether it changes the path that the server gets: nothing beside a proxy, which sends the request itself. */
  readonly rewritesTarget?: boolean;
  /** Names of the query parameters, and of headers in lower case, that callers put credentials in: logs redact them. */
  readonly secretNames?: ReadonlySet<string>;
  /** Credentials of callers that it decides by; undefined for a step that does not authenticate callers. */
  readonly credentials?: StepCredentials | undefined;
  /** A document about its route that callers read without credentials. */
  readonly metadata?: StepMetadata;
  /** Whether a caller that a step before has authenticated stays the client of the request. Default: the last step's is. */
  readonly keepsCaller?: boolean;
  /** Whether it acts on responses of servers: nothing beside a proxy, which gets them itself. */
  readonly needsServer?: boolean;
  /** When requests that have passed it are sent to a server again; of several steps, the innermost decides. */
  readonly retry?: RetryPolicy;
  /**
   * Called once for each request that it passed, when the response has ended.
   *
   * @param status of the response; 499 when the caller went away before it had one.
   */
  readonly onEnd?: (request: StepRequest, status: number) => void;
  /** Replaces a result whose token a server has refused; undefined if the step cannot. */
  readonly renew?: ((pass: Pass) => MaybePromise<Pass | undefined>) | undefined;
  /** For a circuit breaker: whether it refuses requests now. */
  readonly isCircuitOpen?: () => boolean;
  /** Counters of its tokens; middlewares with shared tokens share them. */
  readonly tally?: TokenTally | undefined;
  /** Drops its tokens, of one client or of all; middlewares with shared tokens share this function. */
  readonly purge?: ((clientId?: string) => number) | undefined;
  /** Releases its resources, after the last request that uses it has ended. */
  readonly close?: () => Promise<void>;
}

/** A document about a route, at a path below `/.well-known/` that no rule of the route needs to match. */
export interface StepMetadata {
  /** Path of requests for it. */
  readonly path: string;
  /** `Host` of requests for it, in lower case, with the port if it is not the usual one. */
  readonly host: string;
  /** Responds to them; the request has passed the steps before. */
  readonly respond: (request: StepRequest) => Reply;
}

/** The credentials that a step decides by. */
export interface StepCredentials {
  /** Whether a request has one, well-formed or not. */
  recognises(request: StepRequest): boolean;
  /** Keeps them from the server, when another step has passed the request. */
  remove(pass: Pass, request: StepRequest): Pass;
}

/** Continuation of one response through a step. It begins, writes and ends the next one, and later if it needs to. */
export interface StepWriter extends ResponseWriter {
  /** The caller has its response, or has gone away: nothing is written any more, and what it holds is let go. */
  closed(): void;
}

/** A page of a service that replaces a response. */
export interface Page {
  /** Qualified name; that of the step. */
  readonly service: string;
  /** Path and query of the page. */
  readonly target: string;
  /** Status that the page is sent with. */
  readonly status: number;
  /** Headers that it is sent with, name and value in turn. */
  readonly headers: readonly string[];
  /** Names of the headers of the request that the service of the page gets, in lower case; undefined: all. */
  readonly requestHeaders: ReadonlySet<string> | undefined;
  /** Sent in its place when the service does not respond. */
  readonly unavailable: StepRefusal;
}

export interface Pages {
  /** Requests a page, with the headers of the request that the response is for, and writes it. */
  send(page: Page, to: ResponseWriter): void;
  /** Writes a refusal in place of the response. */
  refuse(refusal: StepRefusal, to: ResponseWriter): void;
}

/** The body of a request, for a step that reads it to its end. */
export interface StepBody extends CallerBody {
  /** Bytes; 0: no limit. */
  readonly maxBytes: number;
  /** Called once, when the response has ended or the caller has gone away. */
  onClose(told: { responseClosed(): void }): void;
}

/** A body that has been read to its end. */
export interface WholeBody {
  readonly body: CallerBody;
  /** Bytes. */
  readonly length: number;
}

/** A request with the changes of the steps before. */
export interface StepRequest {
  /** As it was received. */
  readonly facts: RequestFacts;
  /** Value of `Authorization`; undefined when there is none. */
  readonly authorization: string | undefined;
  /** Requests with the very same headers share it; undefined where that is not known, and after a step that changes the request. */
  readonly sharedHead?: object | undefined;
  /** Path and query. */
  readonly target: string;
  /** Value of `Host`. */
  readonly authority: string;
  /** The client that the last step authenticated; one of the gateway's own only when no step authenticated a caller. */
  readonly subject: Subject | undefined;
  /** Undefined without one, and where a proxy keeps it. */
  readonly body?: StepBody | undefined;
  /** The values of a header, joined by `, `; undefined when there is none. @param name in lower case. */
  header(name: string): string | undefined;
  /** The headers that a server would get, name and value in turn: `Host` first, without those that frame the body. */
  headers(): readonly string[];
  /**
   * Holds the body in memory, for this step, later ones and the server. Beside a proxy there is none.
   *
   * @param maxBytes 0 and up. @returns all of it, empty without one; undefined when it is larger: then it streams on to the server.
   */
  bufferBody(maxBytes: number): MaybePromise<Buffer | undefined>;
}

/** The result of a step: the request passes, it is refused, or the step responds itself. */
export type StepResult = Pass | StepRefusal | Reply;

/**
 * The request passes. Steps return the same lists of headers again wherever they can: results derived from them are cached by identity.
 * A decision of `oAuthClientCredentials` is one.
 */
export interface Pass {
  readonly allowed: true;
  /** Headers to send, name and value in turn. */
  readonly setHeaders: readonly string[];
  /** Headers to drop, as `normalizeHeaderName` writes them; the names of `setHeaders` are among them. */
  readonly removeHeaders: ReadonlySet<string>;
  /** The client that sent the request; undefined when the step does not authenticate. */
  readonly subject?: Subject;
  /** New path and query; undefined: unchanged. */
  readonly target?: string | undefined;
  /** New value of `Host`; undefined: unchanged. */
  readonly host?: string | undefined;
  /** The request's body from now on, when the step has read it; undefined: as it is. */
  readonly body?: WholeBody;
}

/** A response of the step itself, such as a redirect: later steps and the server do not see the request. */
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
