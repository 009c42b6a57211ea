import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { Subject } from '@grantgate/middleware/decision/decision';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { StepChanges } from '../middlewares/step-changes.ts';
import { valueIn } from '../http1/message/header-list.ts';
import { findChange, hostOf, noPasses } from '../middlewares/step-changes.ts';
import type { Pass, Step, StepRequest, WholeBody } from '../middlewares/step.ts';
import { unchanged } from '../middlewares/step.ts';
import { isForwardedHeader, ownForwardedValue } from '../routing/own-forwarded.ts';
import { listHeaders } from '../proxy/request-headers.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { RequestTrace } from './request-trace.ts';
import { headerValues } from '../routing/header-values.ts';

/** Status of a request whose caller disconnected, as nginx and Traefik log it. */
export const callerGone = 499;

/** A request with the changes by the steps that it has passed. A class, because one is created per request. */
export abstract class StepContext implements StepRequest {
  #changes: Pass[] | undefined = undefined;
  target: string;
  subject: Subject | undefined = undefined;
  /** The body if a step has read it; undefined: it is streamed. */
  wholeBody: WholeBody | undefined = undefined;
  /** Number of steps that the request has passed. */
  #entered = 0;
  /** The step whose token the server receives, if it can renew the token, and the index of its changes. */
  #token: { readonly step: Step; readonly at: number } | undefined = undefined;

  /** Changes by the steps that it has passed. The list grows with each step, until the last one has decided. */
  get changes(): StepChanges {
    return this.#changes ?? noPasses;
  }

  /** @param target path and query that the first step sees. */
  constructor(target: string) {
    this.target = target;
  }

  abstract get facts(): RequestFacts;

  /** Undefined: the request is not traced. Not a field, because every request would pay for it. */
  get trace(): RequestTrace | undefined {
    return undefined;
  }

  /** Whether its response has ended, or its caller has disconnected. */
  abstract get isOver(): boolean;

  /** `Authorization` before the first step. */
  protected abstract get presentedAuthorization(): string | undefined;

  get authorization(): string | undefined {
    for (const { removeHeaders } of this.changes)
      if (removeHeaders.has('authorization')) return this.header('authorization');
    return this.presentedAuthorization;
  }

  get sharedHead(): object | undefined {
    const { facts, changes } = this;
    return changes.length === 0 && facts.reusesHeaders ? facts.rawHeaders : undefined;
  }

  get authority(): string {
    return hostOf(this.changes) ?? this.facts.authority;
  }

  header(name: string): string | undefined {
    const { facts, changes } = this;
    const changed = changes.length === 0 ? undefined : findChange(changes, normalizeHeaderName(name));
    if (changed !== undefined) return valueIn(changed, name);
    if (!isForwardedHeader(name)) return valueIn(facts.rawHeaders, name);
    // Not written by this hop, and dropped unless the caller is trusted.
    if (name === 'forwarded') return facts.trusted ? valueIn(facts.rawHeaders, name) : undefined;
    if (!facts.trusted) return ownForwardedValue(facts, name, undefined);
    const values = headerValues(facts, name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  headers(): readonly string[] {
    return listHeaders(this.facts, this.changes);
  }

  bufferBody(_maxBytes: number): MaybePromise<Buffer | undefined> {
    return noBody;
  }

  /** Normalizes a target that a step has set, like a caller's; undefined for an ambiguous path. */
  protected abstract readTarget(target: string): string | undefined;

  /**
   * Called for each step that the request has passed; the next step sees the changes.
   *
   * @returns false when the path set by the step is ambiguous.
   */
  passed(pass: Pass, step: Step): boolean {
    this.#entered += 1;
    if (pass === unchanged) return true;
    if (pass.subject !== undefined && (step.keepsCaller !== true || this.subject === undefined))
      this.subject = pass.subject;
    if (pass.body !== undefined) {
      this.wholeBody = pass.body;
      return true;
    }
    if (pass.target !== undefined) {
      const target = this.readTarget(pass.target);
      if (target === undefined) return false;
      this.target = target;
      if (pass.setHeaders === unchanged.setHeaders && pass.host === undefined) return true;
    }
    if (step.renew !== undefined) this.#token = { step, at: this.changes.length };
    else if (this.#token !== undefined && pass.removeHeaders.has('authorization')) this.#token = undefined;
    if (this.#changes === undefined) this.#changes = [pass];
    else this.#changes.push(pass);
    return true;
  }

  /** Calls `onEnd` of the steps that the request has passed. */
  protected ended(steps: readonly Step[], status: number): void {
    for (let at = 0; at < this.#entered; at += 1) steps[at]?.onEnd?.(this, status);
  }

  /** Whether the token for the server can be replaced. */
  get renewsToken(): boolean {
    return this.#token !== undefined;
  }

  /** The changes by all steps with another token, after the server refused the current one; undefined when there is none. */
  renewToken(): MaybePromise<StepChanges | undefined> {
    const { changes } = this;
    const { step, at = -1 } = this.#token ?? {};
    const pass = changes[at];
    const renewed = pass && step?.renew?.(pass);
    // A later repetition of the request uses the new token.
    const replace = (by: Pass | undefined): StepChanges | undefined =>
      by && (this.#changes = changes.with(at, by));
    return renewed instanceof Promise ? renewed.then(replace) : replace(renewed);
  }

  /** The steps that the request has passed, outermost first. */
  protected enteredOf(steps: readonly Step[]): readonly Step[] {
    return steps.slice(0, this.#entered);
  }

  /** Applies `onResponse` of the steps that the request has passed, innermost first. */
  protected toResponseHeaders(
    steps: readonly Step[],
    headers: readonly string[],
    status: number,
    start: Buffer | undefined,
  ): readonly string[] {
    let changed = headers;
    for (let at = this.#entered - 1; at >= 0; at -= 1)
      changed = steps[at]?.onResponse?.(changed, status, this, start) ?? changed;
    return changed;
  }

  /** Whether one of the steps that the request has passed needs the first part of the response's body. */
  protected awaitsStartOf(steps: readonly Step[], headers: readonly string[], status: number): boolean {
    for (let at = 0; at < this.#entered; at += 1)
      if (steps[at]?.awaitsStart?.(headers, status, this) === true) return true;
    return false;
  }
}

const noBody = Buffer.alloc(0);
