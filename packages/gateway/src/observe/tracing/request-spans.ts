import type { Context, Span, Tracer } from '@opentelemetry/api';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import {
  failSpan,
  toTraceParent,
  type ContextStack,
  type OtelApi,
} from '@grantgate/middleware/base/otel-tracing';
import type { TracingConfig } from '../../config/otlp-config.ts';
import type { RequestRecord } from '../../pipeline/record.ts';
import type { RequestTrace, StartTrace, TracedRequest, TracedServer } from '../../pipeline/request-trace.ts';
import type { RequestFacts } from '../../routing/facts.ts';
import { readParentContext } from './parent-context.ts';
import { toSafeUrl } from './safe-url.ts';
import {
  createCapture,
  createServerAttributes,
  toMethod,
  toSpanName,
  type Attributes,
} from './server-attributes.ts';

export interface RequestSpanParts {
  readonly api: OtelApi;
  readonly tracer: Tracer;
  readonly contexts: ContextStack;
  readonly config: TracingConfig;
  /** Entry points whose requests are not traced. */
  readonly untraced: ReadonlySet<string>;
  /** Whether traces of callers are continued, and servers receive `traceparent`. */
  readonly propagates: boolean;
}

/** State shared by the requests of a gateway. */
interface SharedParts extends RequestSpanParts {
  readonly toAttributes: (record: RequestRecord) => Attributes;
  readonly capture: ReturnType<typeof createCapture>;
}

/** Starts a span for each request, below that of the caller, which decides whether it is sampled. */
export function createStartTrace(parts: RequestSpanParts): StartTrace {
  const { api, untraced, config, tracer, propagates } = parts;
  const shared: SharedParts = {
    ...parts,
    toAttributes: createServerAttributes(config),
    capture: createCapture(config.responseHeaders),
  };
  return (facts) => {
    if (untraced.size > 0 && untraced.has(facts.entryPoint)) return undefined;
    const parent = propagates ? toParent(api, facts) : api.ROOT_CONTEXT;
    const span = tracer.startSpan(toSpanName(facts.method), { kind: api.SpanKind.SERVER }, parent);
    return new RequestSpans(shared, span, api.trace.setSpan(parent, span));
  };
}

function toParent({ trace, ROOT_CONTEXT: root, createTraceState }: OtelApi, facts: RequestFacts): Context {
  const parent = readParentContext(facts.rawHeaders);
  if (parent === undefined) return root;
  const { traceState, ...context } = parent;
  return trace.setSpanContext(root, {
    ...context,
    isRemote: true,
    ...(traceState !== undefined && { traceState: createTraceState(traceState) }),
  });
}

/** The spans of one request. A class, because one is created per request. */
class RequestSpans implements RequestTrace {
  readonly #shared: SharedParts;
  readonly #server: Span;
  readonly #context: Context;
  /** The latest attempt to send the request to a server. */
  #client: Span | undefined = undefined;
  #attempts = 0;
  #responseHeaders: readonly string[] | undefined = undefined;

  constructor(shared: SharedParts, server: Span, context: Context) {
    this.#shared = shared;
    this.#server = server;
    this.#context = context;
  }

  get traceId(): string {
    return this.#server.spanContext().traceId;
  }

  get spanId(): string {
    return this.#server.spanContext().spanId;
  }

  get isSampled(): boolean {
    return (this.#server.spanContext().traceFlags & 1) === 1;
  }

  get headerLines(): string {
    if (!this.#shared.propagates) return '';
    const state = this.#server.spanContext().traceState?.serialize() ?? '';
    const parent = `traceparent: ${toTraceParent(this.#client ?? this.#server)}\r\n`;
    return state === '' ? parent : `${parent}tracestate: ${state}\r\n`;
  }

  run<T>(work: () => T): T {
    return this.#shared.contexts.with(this.#context, work);
  }

  step<T extends object>(name: string, work: () => MaybePromise<T>): MaybePromise<T> {
    if (!this.#server.isRecording()) return work();
    const { api, tracer, contexts } = this.#shared;
    const attributes = { 'grantgate.middleware.name': name };
    const span = tracer.startSpan(name, { attributes }, this.#context);
    const end = (result: T): T => {
      if ('code' in result) span.setAttribute('grantgate.refusal.code', String(result.code));
      span.end();
      return result;
    };
    const result = contexts.with(api.trace.setSpan(this.#context, span), work);
    return result instanceof Promise ? result.then(end) : end(result);
  }

  sent({ url, basePath }: TracedServer, { facts, target, secretNames }: TracedRequest): void {
    if (!this.#server.isRecording()) return;
    const { api, tracer, config } = this.#shared;
    const { hostname, port, protocol, origin } = new URL(url);
    const { path, query } = toSafeUrl(basePath + target, config.safeQueryParams, secretNames);
    const attributes: Attributes = {
      'http.request.method': toMethod(facts.method),
      'server.address': hostname,
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
      'url.full': `${origin}${path}${query === undefined ? '' : `?${query}`}`,
    };
    if (this.#attempts > 0) attributes['http.request.resend_count'] = this.#attempts;
    this.#attempts += 1;
    this.#client = tracer.startSpan(
      toSpanName(facts.method),
      { kind: api.SpanKind.CLIENT, attributes },
      this.#context,
    );
  }

  responded(status: number, headers: readonly string[]): void {
    if (this.#client === undefined) return;
    this.#setStatus(this.#client, status, 400);
    if (this.#shared.config.responseHeaders.length === 0) return;
    this.#responseHeaders = headers;
    this.#setHeaders(this.#client, headers, undefined);
  }

  retried(status: number, fault: string | undefined): void {
    if (this.#client === undefined) return;
    if (fault === undefined) this.#setStatus(this.#client, status, 400);
    else failSpan(this.#shared.api, this.#client, fault);
    this.#client.end();
    this.#server.addEvent('retry', fault === undefined ? { status } : { 'error.type': fault });
    this.#client = undefined;
  }

  ended(record: RequestRecord): void {
    const server = this.#server;
    if (!server.isRecording()) return;
    const { refusal, status, facts, routerName, secretNames } = record;
    if (this.#client !== undefined) {
      if (record.originStatus === 0) failSpan(this.#shared.api, this.#client, refusal?.code ?? 'caller_gone');
      else if (record.originFault !== undefined)
        failSpan(this.#shared.api, this.#client, 'upstream_interrupted');
      this.#client.end();
    }
    server.updateName(
      routerName === undefined ? toSpanName(facts.method) : `${toSpanName(facts.method)} ${routerName}`,
    );
    server.setAttributes(this.#shared.toAttributes(record));
    if (this.#responseHeaders !== undefined) this.#setHeaders(server, this.#responseHeaders, secretNames);
    if (status >= 500) failSpan(this.#shared.api, server, refusal?.code ?? String(status));
    else if (record.originFault !== undefined && refusal === undefined)
      failSpan(this.#shared.api, server, 'upstream_interrupted');
    server.end();
  }

  /** @param failsFrom first status that means failure on this side (semantic conventions of HTTP). */
  #setStatus(span: Span, status: number, failsFrom: number): void {
    span.setAttribute('http.response.status_code', status);
    if (status >= failsFrom) failSpan(this.#shared.api, span, String(status));
  }

  #setHeaders(span: Span, rawHeaders: readonly string[], secretNames: ReadonlySet<string> | undefined): void {
    const { capture, config } = this.#shared;
    for (const name of config.responseHeaders) {
      // Only the headers are read; those of a server are used as sent.
      const facts = { rawHeaders, trusted: true };
      const value = capture({ facts, secretNames }, name);
      if (value !== undefined) span.setAttribute(`http.response.header.${name}`, [value]);
    }
  }
}
