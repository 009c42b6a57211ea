import type { Tracing } from '../base/tracing.ts';
import type { OptionProblem } from './report.ts';

/** Traces of an application. */
export interface TracingOption {
  /** The result of `openTelemetry()` of `@grantgate/middleware/opentelemetry`. Default: nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** Problems of a value that JavaScript passed. */
export function checkTracing(tracing: unknown): readonly OptionProblem[] {
  const { span } = (tracing ?? {}) as Partial<Tracing>;
  if (tracing === undefined || typeof span === 'function') return [];
  const message = 'expected the result of openTelemetry() of @grantgate/middleware/opentelemetry';
  return [{ severity: 'error', path: ['tracing'], code: 'invalid_value', message }];
}
