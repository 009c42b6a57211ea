import type { Context, SpanContext } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace';
import type { Log } from '../log.ts';

type Variables = Readonly<Record<string, string | undefined>>;

export interface SamplerParts {
  /** As configured; undefined: as the environment says, otherwise 1. */
  readonly sampleRate: number | undefined;
  readonly env: Variables;
  readonly log: Log;
}

/** Whether a trace is exported. @param parentFlags of the span that it continues; undefined: it starts here. */
export type SampleTrace = (traceId: string, parentFlags: number | undefined) => boolean;

/** Decides which traces are exported: `tracing.sampleRate`, or `OTEL_TRACES_SAMPLER` with `OTEL_TRACES_SAMPLER_ARG`. */
export function createSample({ sampleRate, env, log }: SamplerParts): SampleTrace {
  const name = textOf(env, 'OTEL_TRACES_SAMPLER');
  if (sampleRate !== undefined || name === '') return parentBased(byRatio(sampleRate ?? 1));
  const [, prefix, root = ''] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name) ?? [];
  if (root === '') {
    log.warn('unknown sampler: exporting every trace', { variable: 'OTEL_TRACES_SAMPLER' });
    return parentBased(byRatio(1));
  }
  const sample = byRatio(root === 'always_on' ? 1 : root === 'always_off' ? 0 : readRatio(env, log));
  return prefix === undefined ? sample : parentBased(sample);
}

/** Number of digits of a trace ID that are random in every version of the specification, and fit into a number. */
const randomDigits = 13;

/** @see W3C Trace Context level 2, section 4.1: the last 7 bytes are random */
function byRatio(rate: number): SampleTrace {
  if (rate >= 1) return () => true;
  const limit = rate * 16 ** randomDigits;
  return (traceId) => Number.parseInt(traceId.slice(-randomDigits), 16) < limit;
}

const parentBased =
  (root: SampleTrace): SampleTrace =>
  (traceId, parentFlags) =>
    parentFlags === undefined ? root(traceId, undefined) : (parentFlags & 1) === 1;

/** The same decision for spans of the SDK. */
export const toSampler = (
  sample: SampleTrace,
  spanContextOf: (context: Context) => SpanContext | undefined,
): Sampler => ({
  shouldSample: (context, traceId) => ({
    // `RECORD_AND_SAMPLED` and `NOT_RECORD`.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its package would be loaded for its numbers alone
    decision: sample(traceId, spanContextOf(context)?.traceFlags) ? 2 : 0,
  }),
  toString: () => 'grantgate',
});

function readRatio(env: Variables, log: Log): number {
  const text = textOf(env, 'OTEL_TRACES_SAMPLER_ARG');
  const ratio = text === '' ? 1 : Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  log.warn('invalid sampling ratio: exporting every trace', { variable: 'OTEL_TRACES_SAMPLER_ARG' });
  return 1;
}

/**
 * Whether traces are continued and forwarded in `traceparent`: `OTEL_PROPAGATORS` contains `tracecontext`, as it does by default.
 */
export function readsTraceContext(env: Variables, log: Log): boolean {
  const text = textOf(env, 'OTEL_PROPAGATORS');
  const names = text === '' ? ['tracecontext', 'baggage'] : text.split(',').map((name) => name.trim());
  for (const name of names)
    if (!['tracecontext', 'baggage', 'none'].includes(name))
      log.warn('unsupported propagator: ignoring it', { variable: 'OTEL_PROPAGATORS', propagator: name });
  return names.includes('tracecontext');
}

const textOf = (env: Variables, name: string): string => env[name]?.trim().toLowerCase() ?? '';
