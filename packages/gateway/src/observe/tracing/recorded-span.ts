import type { HrTime, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { toHrTime } from '../otlp-time.ts';
import type { Attributes } from './server-attributes.ts';

/** Properties that spans of a process have in common. */
export type SpanOrigin = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

/** Events of a span, with milliseconds since the epoch. */
export interface SpanEvent {
  readonly name: string;
  readonly timeMs: number;
  readonly attributes: Attributes;
}

/** A span for the exporter, complete when it is created: recording through the SDK costs three times as much. */
export class RecordedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  readonly ended = true;
  readonly links: ReadableSpan['links'] = none;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #own: SpanContext;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #events: readonly SpanEvent[];

  constructor(origin: SpanOrigin, span: RecordedSpanParts) {
    this.resource = origin.resource;
    this.instrumentationScope = origin.instrumentationScope;
    this.name = span.name;
    this.kind = span.kind;
    if (span.parent !== undefined) this.parentSpanContext = span.parent;
    this.attributes = span.attributes;
    this.status = span.failed ? error : unset;
    this.#own = span.own;
    this.#startMs = span.startMs;
    this.#endMs = Math.max(span.endMs, span.startMs);
    this.#events = span.events ?? none;
  }

  spanContext(): SpanContext {
    return this.#own;
  }

  get startTime(): HrTime {
    return toHrTime(this.#startMs);
  }

  get endTime(): HrTime {
    return toHrTime(this.#endMs);
  }

  get duration(): HrTime {
    return toHrTime(this.#endMs - this.#startMs);
  }

  get events(): ReadableSpan['events'] {
    return this.#events.map(({ name, timeMs, attributes }) => ({ name, attributes, time: toHrTime(timeMs) }));
  }
}

export interface RecordedSpanParts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly own: SpanContext;
  readonly parent: SpanContext | undefined;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly failed: boolean;
  readonly events?: readonly SpanEvent[] | undefined;
}

const none: never[] = [];
// Numbers of `SpanStatusCode`.
/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- its package would be loaded for them alone */
const unset: SpanStatus = { code: 0 };
const error: SpanStatus = { code: 2 };
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */
