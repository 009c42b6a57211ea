import type { Clock } from '@grantgate/middleware/base/clock';
import { usernameOf } from '../middlewares/passes.ts';
import type { Reply } from '../middlewares/step.ts';
import type { Closing } from '../proxy/answer.ts';
import type { UpstreamFault } from '../proxy/fault.ts';
import type { Follower } from '../proxy/forward.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Lease } from '../snapshot/holder.ts';
import type { Check, Route } from '../snapshot/snapshot.ts';
import type { Picked } from '../upstream/upstream.ts';
import { toShownClientId } from './client-id.ts';
import type { Exchange } from './exchange.ts';
import type { RequestRecord } from './record.ts';
import { gatewayRefusals, type Refusable, type Refusal } from './refusals.ts';
import { readRequestId } from './request-id.ts';
import type { Stop } from './run-steps.ts';
import { SteppedRequest } from './stepped-request.ts';
import { toRefusalAnswer, toReplyAnswer, writeWhole, type WholeAnswer } from './write-refusal.ts';

export interface RequestContextDeps {
  readonly clock: Clock;
  /** Makes the IDs of requests that bring none. */
  readonly createId: () => string;
  /** Told exactly once, when the caller has its answer or has gone away. */
  onRecord(record: RequestRecord): void;
  /** What a refusal is written as; default: as any. */
  readonly toAnswer?: typeof toRefusalAnswer;
  /** What steps see and the record says of the request; default: the one that came. Asked for when somebody reads it. */
  readonly toFacts?: (facts: RequestFacts) => RequestFacts;
  /** `Authorization` as the first step sees it; default: the caller's. */
  readonly toAuthorization?: (facts: RequestFacts) => string | undefined;
}

/**
 * One request: what steps see of it and have changed, what has become of it so far, and its record once it has ended. A class,
 * because one is made for every request.
 */
export class RequestContext extends SteppedRequest implements RequestRecord, Follower, Closing, Refusable {
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly startedAt: number;
  readonly httpVersion: string;
  route: Route | Check | undefined = undefined;
  clientUsername: string | undefined = undefined;
  status = 0;
  durationMs = 0;
  originDurationMs = 0;
  originStatus = 0;
  originBytes = 0;
  downstreamBytes = 0;
  refusal: Refusal | undefined = undefined;
  originFault: string | undefined = undefined;
  readonly #lease: Lease;
  readonly #deps: RequestContextDeps;
  readonly #begun: number;
  #facts: RequestFacts | undefined;
  #picked: Picked | undefined;
  #sentAt = 0;

  /** @param lease what it is served from; given back at its end. */
  constructor(exchange: Exchange, lease: Lease, deps: RequestContextDeps) {
    const { answer, facts, upgrade, httpVersion } = exchange;
    super(facts.target);
    this.exchange = exchange;
    this.#lease = lease;
    this.#deps = deps;
    this.#facts = deps.toFacts === undefined ? facts : undefined;
    this.requestId = readRequestId(facts.rawHeaders, deps.createId);
    this.httpVersion = httpVersion;
    this.startedAt = deps.clock.now();
    this.#begun = deps.clock.monotonic();
    // A WebSocket's connection has left the response behind.
    if (upgrade === undefined) answer.onClose(this);
    else upgrade.socket.once('close', () => this.answerClosed());
  }

  override get facts(): RequestFacts {
    const { facts } = this.exchange;
    return (this.#facts ??= this.#deps.toFacts?.(facts) ?? facts);
  }

  get routerName(): string | undefined {
    return this.route?.routerName;
  }

  get serviceName(): string | undefined {
    return this.#picked?.serviceName ?? this.route?.serviceName;
  }

  get serverUrl(): string | undefined {
    return this.#picked?.server.url;
  }

  protected override get presentedAuthorization(): string | undefined {
    const { facts } = this.exchange;
    return this.#deps.toAuthorization === undefined ? facts.authorization : this.#deps.toAuthorization(facts);
  }

  sent(picked: Picked): void {
    this.#picked = picked;
    this.#sentAt = this.#deps.clock.monotonic();
  }

  answered(status: number): void {
    this.originStatus = status;
  }

  passedOn(bytes: number): void {
    this.originBytes += bytes;
    this.downstreamBytes += bytes;
  }

  broken(reason: string): void {
    this.originFault = reason;
  }

  failed(fault: UpstreamFault): void {
    this.refuse(gatewayRefusals[fault]);
  }

  /** Ends a request that does not pass. @returns false for one that has passed. */
  stop(stop: Stop): boolean {
    if (stop === undefined) this.clientUsername = usernameOf(this.passes);
    else if ('response' in stop) this.#reply(stop);
    else this.refuse(stop);
    return stop !== undefined;
  }

  refuse(refusal: Refusal): void {
    const { answer } = this.exchange;
    if (answer.over || answer.begun) return;
    this.refusal = refusal;
    if (refusal.clientId !== undefined) this.clientUsername = toShownClientId(refusal.clientId);
    this.#write((this.#deps.toAnswer ?? toRefusalAnswer)(refusal, this.requestId));
  }

  #reply({ response }: Reply): void {
    const { answer } = this.exchange;
    if (answer.over || answer.begun) return;
    this.clientUsername = usernameOf(this.passes);
    this.#write(toReplyAnswer(response));
  }

  #write({ head, body }: WholeAnswer): void {
    // Before it is written: with that, the request may be over.
    this.downstreamBytes += body.length;
    const { steps = [], changesResponses = false } = this.route ?? {};
    const headers = changesResponses
      ? this.toResponseHeaders(steps, head.headers, head.status)
      : head.headers;
    writeWhole(this.exchange.answer, { head: headers === head.headers ? head : { ...head, headers }, body });
  }

  answerClosed(): void {
    const { answer } = this.exchange;
    const now = this.#deps.clock.monotonic();
    const isUpgraded = this.originStatus === 101;
    this.durationMs = now - this.#begun;
    if (this.#picked !== undefined) this.originDurationMs = now - this.#sentAt;
    this.status = isUpgraded ? 101 : answer.begun ? answer.status : callerGone;
    if (!isUpgraded && !answer.begun) this.refusal = undefined;
    this.#lease.release();
    this.#deps.onRecord(this);
  }
}

/** As nginx and Traefik log it. */
const callerGone = 499;
