import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import { readDecimal } from '../http1/message/decimal.ts';
import { valueIn } from '../http1/message/header-list.ts';
import { usernameOf } from '../middlewares/step-changes.ts';
import { splitTarget } from '../middlewares/target.ts';
import type { ResponseWriter } from '../http1/message/response-writer.ts';
import type { Page, Reply, StepBody } from '../middlewares/step.ts';
import type { CallerResponse, OriginHead, ResponseListener } from '../proxy/caller-response.ts';
import type { UpstreamFault } from '../proxy/fault.ts';
import type { ForwardListener } from '../proxy/forward.ts';
import type { HeaderChanges } from '../proxy/response-headers.ts';
import type { ServerAttempt } from '../proxy/retry.ts';
import { bufferBody } from '../proxy/buffer-body.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Lease } from '../snapshot/holder.ts';
import type { StepChain } from '../snapshot/snapshot.ts';
import type { Destination } from '../upstream/upstream.ts';
import { toShownClientId } from './client-id.ts';
import type { IncomingRequest } from '../proxy/incoming-request.ts';
import { toCallerRefusal } from './grpc-refusal.ts';
import type { RequestRecord } from './record.ts';
import type { Refusal } from '../middlewares/refusal.ts';
import { gatewayRefusals, type PendingRequest } from './refusals.ts';
import type { RequestContextDeps } from './request-context-deps.ts';
import { readRequestId } from './request-id.ts';
import type { EarlyResponse } from './run-steps.ts';
import { createStepBody, hasBody } from './step-body.ts';
import { callerGone, StepContext } from './step-context.ts';
import { createSteppedResponse, type ResponseChain, type ResponseChainListener } from './response-chain.ts';
import { toReplyResponse, writeWhole, type WholeResponse } from './write-refusal.ts';

/**
 * One request: its properties, the changes by its steps, its state, and its record once it has ended. A class, because one is
 * created per request.
 */
export class RequestContext
  extends StepContext
  implements
    RequestRecord,
    ForwardListener,
    HeaderChanges,
    ResponseListener,
    ResponseChainListener,
    PendingRequest
{
  /** Includes the part of its body that a step has buffered. */
  incoming: IncomingRequest;
  readonly requestId: string;
  readonly startedAt: number;
  readonly startedMonotonic: number;
  readonly httpVersion: string;
  route: StepChain | undefined = undefined;
  clientUsername: string | undefined = undefined;
  status = 0;
  durationMs = 0;
  originDurationMs = 0;
  originBytes = 0;
  downstreamBytes = 0;
  refusal: Refusal | undefined = undefined;
  originHead: OriginHead | undefined = undefined;
  originFault: string | undefined = undefined;
  retryAttempts = 0;
  readonly #lease: Lease;
  readonly #deps: RequestContextDeps;
  #facts: RequestFacts | undefined;
  #destination: Destination | undefined;
  #sentAt = 0;
  /** Set for a route whose steps change bodies, once its response begins. */
  #stepped: ResponseChain | undefined = undefined;

  /** @param lease the snapshot that serves the request; released when it ends. */
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
    this.startedMonotonic = deps.clock.monotonic();
    // A WebSocket outlives the response object: its request ends with the connection.
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

  /** The destination of the response; read when the response begins. */
  get response(): CallerResponse {
    const { response } = this.incoming;
    if (this.route?.changesBodies !== true) return response;
    return (this.#stepped ??= createSteppedResponse(response, this.enteredOf(this.route.steps), this, this));
  }

  get requestBytes(): number {
    // In external authorization, the size is the one that the proxy reports.
    if (this.#deps.toFacts === undefined) return this.incoming.body.takenBytes;
    return readDecimal(valueIn(this.facts.rawHeaders, 'content-length') ?? '') ?? 0;
  }

  get routerName(): string | undefined {
    return this.route?.routerName;
  }

  get serviceName(): string | undefined {
    return this.#destination?.serviceName ?? this.route?.serviceName;
  }

  get secretNames(): ReadonlySet<string> | undefined {
    return this.route?.secretNames;
  }

  get serverUrl(): string | undefined {
    return this.#destination?.server.url;
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

  override bufferBody(maxBytes: number): MaybePromise<Buffer | undefined> {
    const { facts, response, expectsContinue, maxBodyBytes } = this.incoming;
    const read = this.wholeBody;
    const body = read?.body ?? this.incoming.body;
    // In external authorization, the received body is not that of the request to decide.
    if (this.#deps.toFacts !== undefined || !hasBody(facts, body)) return super.bufferBody(maxBytes);
    const begins = body.announcedBytes <= maxBytes;
    if (expectsContinue && begins && read === undefined) response.continue();
    const limit = maxBodyBytes === 0 ? maxBytes : Math.min(maxBytes, maxBodyBytes);
    return bufferBody(body, limit).then((held) => {
      this.incoming = { ...this.incoming, body: held.body, expectsContinue: expectsContinue && !begins };
      if (read !== undefined) this.wholeBody = { ...read, body: held.body };
      if (held.whole === undefined && limit < maxBytes) this.refuse(gatewayRefusals.request_too_large);
      return held.whole;
    });
  }

  forwardedTo(destination: Destination): void {
    this.#destination = destination;
    this.#sentAt = this.#deps.clock.monotonic();
    this.trace?.sent(destination.server, this);
  }

  retried({ status, fault }: ServerAttempt): void {
    this.trace?.retried(status, fault);
    this.retryAttempts += 1;
    this.originFault = undefined;
  }

  responseStarted(head: OriginHead): void {
    this.trace?.responded(head.status, head.headers);
    this.originHead = head;
  }

  get originStatus(): number {
    return this.originHead?.status ?? 0;
  }

  get downstreamHeaders(): readonly string[] {
    return this.incoming.response.headers;
  }

  bodyForwarded(bytes: number): void {
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
    const refused = this.#toResponse(this.refusal);
    this.downstreamBytes += refused.body.length;
    writeWhole(response, refused);
  }

  sendPage(page: Page, to: ResponseWriter): void {
    this.#deps.sendPage?.(this, this.route?.services?.get(page.service), page, to);
  }

  refuseWith(refusal: Refusal, to: ResponseWriter): void {
    this.refusal = refusal;
    writeWhole(to, this.#toResponse(refusal));
  }

  get body(): StepBody | undefined {
    return createStepBody(this.incoming, this.wholeBody);
  }

  responseInterrupted(reason: string): void {
    this.originFault = reason;
  }

  failed(fault: UpstreamFault): void {
    this.refuse(gatewayRefusals[fault]);
  }

  /** Writes the response of a step that ended the request. @returns false if every step passed it. */
  endEarly(stop: EarlyResponse): boolean {
    if (stop === undefined) this.clientUsername = usernameOf(this.changes);
    else if ('response' in stop) this.#reply(stop);
    else this.refuse(stop);
    return stop !== undefined;
  }

  refuse(refusal: Refusal): void {
    const { response } = this.incoming;
    if (response.over || response.begun) return;
    if (this.#stepped?.begun === true) {
      // A step has buffered a part of the server's response, which cannot be completed any more.
      response.cut();
      return;
    }
    this.refusal = refusal;
    if (refusal.clientId !== undefined) this.clientUsername = toShownClientId(refusal.clientId);
    this.#write(this.#toResponse(refusal));
  }

  /** A refusal in the format of the entry point. */
  #toResponse(refusal: Refusal): WholeResponse {
    const { toResponse = toCallerRefusal } = this.#deps;
    return toResponse(refusal, this.requestId, this.facts.rawHeaders);
  }

  #reply(reply: Reply): void {
    const { response } = this.incoming;
    if (response.over || response.begun) return;
    this.clientUsername = usernameOf(this.changes);
    this.#write(toReplyResponse(reply.response));
  }

  #write({ head, body }: WholeResponse): void {
    const { response } = this;
    if (response === this.#stepped) {
      writeWhole(response, { head, body });
      return;
    }
    // Count before writing: writing may end the request.
    this.downstreamBytes += body.length;
    const headers =
      this.route?.changesResponses === true
        ? this.change(head.headers, head.status, body.length > 0 ? body : undefined)
        : head.headers;
    writeWhole(response, { head: headers === head.headers ? head : { ...head, headers }, body });
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
    this.durationMs = now - this.startedMonotonic;
    if (this.#destination !== undefined) this.originDurationMs = now - this.#sentAt;
    this.status = isUpgraded ? 101 : response.begun ? response.status : callerGone;
    if (!isUpgraded && !response.begun) this.refusal = undefined;
    if (this.route?.followsEnds === true) this.ended(this.route.steps, this.status);
    this.#lease.release();
    this.trace?.ended(this);
    this.#deps.onRecord(this);
  }
}
