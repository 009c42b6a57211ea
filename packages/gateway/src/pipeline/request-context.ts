import type { Clock } from '@grantgate/middleware/base/clock';
import { usernameOf } from '../middlewares/step-changes.ts';
import { splitTarget } from '../middlewares/target.ts';
import type { Reply } from '../middlewares/step.ts';
import type { CallerResponse, ResponseListener } from '../proxy/caller-response.ts';
import type { UpstreamFault } from '../proxy/fault.ts';
import type { ForwardListener } from '../proxy/forward.ts';
import type { HeaderChanges } from '../proxy/response-headers.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Lease } from '../snapshot/holder.ts';
import type { NamedSteps, Route } from '../snapshot/snapshot.ts';
import type { Destination } from '../upstream/upstream.ts';
import { toShownClientId } from './client-id.ts';
import type { IncomingRequest } from './incoming-request.ts';
import type { RequestRecord } from './record.ts';
import { gatewayRefusals, type PendingRequest, type Refusal } from './refusals.ts';
import { readRequestId } from './request-id.ts';
import type { EarlyResponse } from './run-steps.ts';
import { StepContext } from './step-context.ts';
import { SteppedResponse, type SteppedResponseListener } from './stepped-response.ts';
import { toRefusalResponse, toReplyResponse, writeWhole, type WholeResponse } from './write-refusal.ts';

export interface RequestContextDeps {
  readonly clock: Clock;
  /** Makes the IDs of requests that bring none. */
  readonly createId: () => string;
  /** Told exactly once, when the caller has its response or has gone away. */
  onRecord(record: RequestRecord): void;
  /** What a refusal is written as; default: as any. */
  readonly toResponse?: typeof toRefusalResponse;
  /** What steps see and the record says of the request; default: the one that came. Asked for when somebody reads it. */
  readonly toFacts?: (facts: RequestFacts) => RequestFacts;
  /** `Authorization` as the first step sees it; default: the caller's. */
  readonly toAuthorization?: (facts: RequestFacts) => string | undefined;
}

/**
 * One request: what steps see of it and have changed, what has become of it so far, and its record once it has ended. A class,
 * because one is made for every request.
 */
export class RequestContext
  extends StepContext
  implements
    RequestRecord,
    ForwardListener,
    HeaderChanges,
    ResponseListener,
    SteppedResponseListener,
    PendingRequest
{
  readonly incoming: IncomingRequest;
  readonly requestId: string;
  readonly startedAt: number;
  readonly httpVersion: string;
  route: Route | NamedSteps | undefined = undefined;
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
  #picked: Destination | undefined;
  #sentAt = 0;
  /** Of a route whose steps change bodies, once its response begins. */
  #stepped: SteppedResponse | undefined = undefined;

  /** @param lease what it is served from; given back at its end. */
  constructor(incoming: IncomingRequest, lease: Lease, deps: RequestContextDeps) {
    const { response, facts, upgrade, httpVersion } = incoming;
    super(facts.target);
    this.incoming = incoming;
    this.#lease = lease;
    this.#deps = deps;
    this.#facts = deps.toFacts === undefined ? facts : undefined;
    this.requestId = readRequestId(facts.rawHeaders, deps.createId);
    this.httpVersion = httpVersion;
    this.startedAt = deps.clock.now();
    this.#begun = deps.clock.monotonic();
    // A WebSocket's connection has left the response behind.
    if (upgrade === undefined) response.onClose(this);
    else upgrade.socket.once('close', () => this.responseClosed());
  }

  override get facts(): RequestFacts {
    const { facts } = this.incoming;
    return (this.#facts ??= this.#deps.toFacts?.(facts) ?? facts);
  }

  override get isOver(): boolean {
    return (this.#stepped ?? this.incoming.response).over;
  }

  /** What the response is written to; asked for when it begins. */
  get response(): CallerResponse {
    const { response } = this.incoming;
    if (this.route?.changesBodies !== true) return response;
    return (this.#stepped ??= new SteppedResponse(response, this.enteredOf(this.route.steps), this, this));
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
    const { facts } = this.incoming;
    return this.#deps.toAuthorization === undefined ? facts.authorization : this.#deps.toAuthorization(facts);
  }

  protected override readTarget(target: string): string | undefined {
    const { path, query } = splitTarget(target);
    const read = path === '' ? '' : this.incoming.readPath(path);
    return read === undefined ? undefined : read + query;
  }

  sent(picked: Destination): void {
    this.#picked = picked;
    this.#sentAt = this.#deps.clock.monotonic();
  }

  answered(status: number): void {
    this.originStatus = status;
  }

  passedOn(bytes: number): void {
    this.originBytes += bytes;
    if (this.#stepped === undefined) this.downstreamBytes += bytes;
  }

  written(bytes: number): void {
    this.downstreamBytes += bytes;
  }

  brokenOff(): void {
    const { response } = this.incoming;
    if (response.over) return;
    this.refusal = gatewayRefusals.upstream_reset;
    const { head, body } = toRefusalResponse(this.refusal, this.requestId);
    this.downstreamBytes += body.length;
    writeWhole(response, { head, body });
  }

  broken(reason: string): void {
    this.originFault = reason;
  }

  failed(fault: UpstreamFault): void {
    this.refuse(gatewayRefusals[fault]);
  }

  /** Ends a request that does not pass. @returns false for one that has passed. */
  stop(stop: EarlyResponse): boolean {
    if (stop === undefined) this.clientUsername = usernameOf(this.passes);
    else if ('response' in stop) this.#reply(stop);
    else this.refuse(stop);
    return stop !== undefined;
  }

  refuse(refusal: Refusal): void {
    const { response } = this.incoming;
    if (response.over || response.begun) return;
    if (this.#stepped?.begun === true) {
      // What a step still has of another response cannot follow.
      response.cut();
      return;
    }
    this.refusal = refusal;
    if (refusal.clientId !== undefined) this.clientUsername = toShownClientId(refusal.clientId);
    this.#write((this.#deps.toResponse ?? toRefusalResponse)(refusal, this.requestId));
  }

  #reply(reply: Reply): void {
    const { response } = this.incoming;
    if (response.over || response.begun) return;
    this.clientUsername = usernameOf(this.passes);
    this.#write(toReplyResponse(reply.response));
  }

  #write({ head, body }: WholeResponse): void {
    const { response } = this;
    if (response === this.#stepped) {
      writeWhole(response, { head, body });
      return;
    }
    // Before it is written: with that, the request may be over.
    this.downstreamBytes += body.length;
    const headers =
      this.route?.changesResponses === true
        ? this.change(head.headers, head.status, body.length > 0 ? body : undefined)
        : head.headers;
    writeWhole(response, {
      head: headers === head.headers ? head : { ...head, headers },
      body,
    });
  }

  awaitsStart(headers: readonly string[], status: number): boolean {
    return this.awaitsStartOf(this.route?.steps ?? [], headers, status);
  }

  change(headers: readonly string[], status: number, start: Buffer | undefined): readonly string[] {
    return this.toResponseHeaders(this.route?.steps ?? [], headers, status, start);
  }

  responseClosed(): void {
    const { response } = this.incoming;
    const now = this.#deps.clock.monotonic();
    const isUpgraded = this.originStatus === 101;
    this.durationMs = now - this.#begun;
    if (this.#picked !== undefined) this.originDurationMs = now - this.#sentAt;
    this.status = isUpgraded ? 101 : response.begun ? response.status : callerGone;
    if (!isUpgraded && !response.begun) this.refusal = undefined;
    if (this.route?.followsEnds === true) this.ended(this.route.steps);
    this.#lease.release();
    this.#deps.onRecord(this);
  }
}

/** As nginx and Traefik log it. */
const callerGone = 499;
