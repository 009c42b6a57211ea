import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { RequestRecord } from '../../pipeline/record.ts';
import type { RequestTrace, TracedRequest, TracedServer } from '../../pipeline/request-trace.ts';
import { RecordedSpan, type RecordedSpanParts, type SpanEvent } from './recorded-span.ts';
import type { TraceIdentifier, TraceParts } from './trace-identifier.ts';
import { toSafeUrl } from './safe-url.ts';
import { toMethod, toSpanName, type Attributes } from './server-attributes.ts';

/** A span while its work runs. */
interface UnfinishedSpan {
  readonly name: string;
  readonly spanId: string;
  readonly begun: number;
  ended: number | undefined;
  readonly attributes: Attributes;
  failed: boolean;
}

/** The spans of one sampled request. They are created when it has ended, from the times and attributes noted until then. */
export class RecordedTrace implements RequestTrace {
  readonly #shared: TraceParts;
  readonly #ids: TraceIdentifier;
  #steps: UnfinishedSpan[] | undefined = undefined;
  #attempts: UnfinishedSpan[] | undefined = undefined;
  /** The latest attempt to send the request to a server. */
  #client: UnfinishedSpan | undefined = undefined;
  #retries: { readonly at: number; readonly attributes: Attributes }[] | undefined = undefined;
  #responseHeaders: readonly string[] | undefined = undefined;

  constructor(shared: TraceParts, ids: TraceIdentifier) {
    this.#shared = shared;
    this.#ids = ids;
  }

  get traceId(): string {
    return this.#ids.traceId;
  }

  get spanId(): string {
    return this.#ids.spanId;
  }

  get isSampled(): boolean {
    return true;
  }

  get headerLines(): string {
    return this.#ids.headerLinesOf(this.#client?.spanId ?? this.#ids.spanId);
  }

  run<T>(work: () => T): T {
    return this.#shared.contexts.enter(this.#ids, work);
  }

  step<T extends object>(name: string, work: () => MaybePromise<T>): MaybePromise<T> {
    const span = this.#open(name, { 'grantgate.middleware.name': name });
    (this.#steps ??= []).push(span);
    const ids = this.#ids;
    const scope = {
      get context() {
        return ids.contextOf(span.spanId);
      },
    };
    const end = (result: T): T => {
      span.ended = performance.now();
      if ('code' in result) span.attributes['grantgate.refusal.code'] = String(result.code);
      return result;
    };
    const result = this.#shared.contexts.enter(scope, work);
    return result instanceof Promise ? result.then(end) : end(result);
  }

  sent(server: TracedServer, { facts, target, secretNames }: TracedRequest): void {
    const { origin, attributes: ofServer } = this.#shared.serverPartsOf(server);
    const { path, query } = toSafeUrl(
      server.basePath + target,
      this.#shared.config.safeQueryParams,
      secretNames,
    );
    const attributes: Attributes = {
      'http.request.method': toMethod(facts.method),
      ...ofServer,
      'url.full': `${origin}${path}${query === undefined ? '' : `?${query}`}`,
    };
    const attempts = (this.#attempts ??= []);
    if (attempts.length > 0) attributes['http.request.resend_count'] = attempts.length;
    this.#client = this.#open(toSpanName(facts.method), attributes);
    attempts.push(this.#client);
  }

  responded(status: number, headers: readonly string[]): void {
    if (this.#client === undefined) return;
    setStatus(this.#client, status);
    if (this.#shared.config.responseHeaders.length === 0) return;
    this.#responseHeaders = headers;
    this.#capture(this.#client.attributes, headers, undefined);
  }

  retried(status: number, fault: string | undefined): void {
    if (this.#client === undefined) return;
    if (fault === undefined) setStatus(this.#client, status);
    else fail(this.#client, fault);
    this.#client.ended = performance.now();
    const attributes: Attributes = fault === undefined ? { status } : { 'error.type': fault };
    (this.#retries ??= []).push({ at: this.#client.ended, attributes });
    this.#client = undefined;
  }

  ended(record: RequestRecord): void {
    const { refusal, status, facts, routerName, secretNames, startedAt } = record;
    if (this.#client !== undefined) {
      if (record.originStatus === 0) fail(this.#client, refusal?.code ?? 'caller_gone');
      else if (record.originFault !== undefined) fail(this.#client, 'upstream_interrupted');
    }
    const name = toSpanName(facts.method);
    const attributes = this.#shared.toAttributes(record);
    if (this.#responseHeaders !== undefined) this.#capture(attributes, this.#responseHeaders, secretNames);
    const fault = faultOf(record);
    if (fault !== undefined) attributes['error.type'] = fault;
    /** Offset of the machine's clock from the process's own clock. */
    const shift = startedAt - record.startedMonotonic;
    const endMs = startedAt + record.durationMs;
    const events = this.#retries?.map(({ at, attributes: of }): SpanEvent => {
      return { name: 'retry', timeMs: at + shift, attributes: of };
    });
    const { kinds } = this.#shared;
    for (const step of this.#steps ?? []) this.#addChild(step, kinds.INTERNAL, shift, endMs);
    for (const attempt of this.#attempts ?? []) this.#addChild(attempt, kinds.CLIENT, shift, endMs);
    this.#add({
      name: routerName === undefined ? name : `${name} ${routerName}`,
      kind: kinds.SERVER,
      own: this.#ids.toSpanContext(this.#ids.spanId),
      parent: this.#ids.parentSpanContext,
      ...{ startMs: startedAt, endMs, attributes, failed: status >= 500 || fault !== undefined, events },
    });
  }

  #open(name: string, attributes: Attributes): UnfinishedSpan {
    const spanId = this.#shared.ids.span();
    return { name, spanId, begun: performance.now(), ended: undefined, attributes, failed: false };
  }

  #addChild(span: UnfinishedSpan, kind: RecordedSpanParts['kind'], shift: number, endMs: number): void {
    this.#add({
      ...{ name: span.name, kind, attributes: span.attributes, failed: span.failed },
      own: this.#ids.toSpanContext(span.spanId),
      parent: this.#ids.toSpanContext(this.#ids.spanId),
      startMs: span.begun + shift,
      endMs: span.ended === undefined ? endMs : span.ended + shift,
    });
  }

  #add(span: RecordedSpanParts): void {
    this.#shared.add(new RecordedSpan(this.#shared.origin, span));
  }

  #capture(
    attributes: Attributes,
    rawHeaders: readonly string[],
    secretNames: ReadonlySet<string> | undefined,
  ): void {
    const { capture, config } = this.#shared;
    for (const name of config.responseHeaders) {
      // Only the headers are read; a server's headers are trusted.
      const value = capture({ facts: { rawHeaders, trusted: true }, secretNames }, name);
      if (value !== undefined) attributes[`http.response.header.${name}`] = [value];
    }
  }
}

/** `error.type` of a request's span. */
function faultOf({ status, refusal, originFault }: RequestRecord): string | undefined {
  if (status >= 500) return refusal?.code ?? String(status);
  return originFault !== undefined && refusal === undefined ? 'upstream_interrupted' : undefined;
}

function fail(span: UnfinishedSpan, type: string): void {
  span.attributes['error.type'] = type;
  span.failed = true;
}

/** A status from 400 means failure to a client (semantic conventions of HTTP). */
function setStatus(span: UnfinishedSpan, status: number): void {
  span.attributes['http.response.status_code'] = status;
  if (status >= 400) fail(span, String(status));
}
