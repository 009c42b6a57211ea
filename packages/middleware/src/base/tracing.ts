import type { MaybePromise } from './maybe-promise.ts';

/** Attributes of a span or an event, by name; never a secret or a token. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span that is about to start. */
export interface SpanStart {
  readonly name: string;
  /** `client` for a request to another server; `internal` spans exist only below a span that is recorded. */
  readonly kind: 'internal' | 'client';
  readonly attributes: SpanAttributes;
}

/** A started span, while its work runs. */
export interface OpenSpan {
  set(attributes: SpanAttributes): void;
  /** @param type value of `error.type`. */
  fail(type: string): void;
}

/** Traces of one process, in the terms of OpenTelemetry. */
export interface Tracing {
  /** Runs work in a new span below the active one; the span ends when the work does. */
  span<T>(start: SpanStart, work: (span: OpenSpan) => MaybePromise<T>): MaybePromise<T>;
  /**
   * Runs work that waits before it sends requests: they stay below the active span. Without it, only requests that are sent at once are
   * sure to be.
   */
  keep<T>(work: () => T): T;
  /** Adds an event to the active span. */
  event(name: string, attributes: SpanAttributes): void;
  /** Headers that identify the active span to another server, in lower case; empty without one. */
  headers(): Readonly<Record<string, string>>;
}
