import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { Subject } from '@grantgate/middleware/decision/decision';
import type { ResponseWriter } from '../http1/message/response-writer.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { StepRefusal } from './refusal.ts';

/** One middleware at work: each request of its routes passes it, outermost first. */
export interface Step {
  /** Qualified name: `apps-test@kubernetescrd`. */
  readonly name: string;
  /** Decides whether a request passes, and with which changes. */
  readonly onRequest: (request: StepRequest) => MaybePromise<StepResult>;
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
  readonly wrapResponse?: (next: ResponseWriter, request: StepRequest) => StepWriter | undefined;
  /** Whether it changes the path that the server gets: nothing beside a proxy, which sends the request itself. */
  readonly rewritesTarget?: boolean;
  /** Told once of each request that it let pass, when the response has ended. */
  readonly onEnd?: (request: StepRequest) => void;
  /** Replaces a result whose token a server has refused; undefined where the step has none, or does not. */
  readonly renew?: ((pass: Pass) => MaybePromise<Pass | undefined>) | undefined;
  /** What counts its tokens; middlewares that share them have the same. */
  readonly tally?: TokenTally | undefined;
  /** Drops its tokens, of one client or of all; middlewares that share them have the same. */
  readonly purge?: ((clientId?: string) => number) | undefined;
  /** Lets go of what it holds, when the last request that it has a part in has ended. */
  readonly close?: () => Promise<void>;
}

/** What a step makes of one response. It begins, writes and ends the next one itself, and later if it needs to. */
export interface StepWriter extends ResponseWriter {
  /** The caller has its response, or has gone away: nothing is written any more, and what it holds is let go. */
  closed(): void;
}

/** A request as the steps before have left it. */
export interface StepRequest {
  /** As it was received. */
  readonly facts: RequestFacts;
  /** Value of `Authorization`; undefined when there is none. */
  readonly authorization: string | undefined;
  /** Path and query. */
  readonly target: string;
  /** Whom the last step that knows it says the request is from. */
  readonly subject: Subject | undefined;
  /** The values of a header, joined by `, `; undefined when there is none. @param name in lower case. */
  header(name: string): string | undefined;
}

/** What a step makes of a request: it passes, it is refused, or the step responds itself. */
export type StepResult = Pass | StepRefusal | Reply;

/**
 * The request passes. Steps give the same lists of headers again wherever they can: what is made of them is kept by their identity.
 * A decision of `oAuthClientCredentials` is one.
 */
export interface Pass {
  readonly allowed: true;
  /** Headers to send, name and value in turn. */
  readonly setHeaders: readonly string[];
  /** Headers to drop, as `normalizeHeaderName` writes them; the names of `setHeaders` are among them. */
  readonly removeHeaders: ReadonlySet<string>;
  /** Whom the request is from; undefined when the step does not know. */
  readonly subject?: Subject;
  /** Path and query from now on; undefined: as they are. */
  readonly target?: string | undefined;
  /** What `Host` says from now on; undefined: as it is. */
  readonly host?: string | undefined;
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

/** The request passes as it is. */
export const unchanged: Pass = Object.freeze({
  allowed: true,
  setHeaders: Object.freeze([]),
  removeHeaders: new Set<string>(),
});
