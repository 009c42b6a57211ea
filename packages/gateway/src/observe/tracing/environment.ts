import type { Sampler } from '@opentelemetry/sdk-trace';
import type * as traceSdk from '@opentelemetry/sdk-trace';
import type { Log } from '../log.ts';

type Variables = Readonly<Record<string, string | undefined>>;

export interface SamplerParts {
  /** As configured; undefined: as set in the environment, otherwise 1. */
  readonly sampleRate: number | undefined;
  readonly env: Variables;
  readonly log: Log;
}

/** Decides which traces are exported: `tracing.sampleRate`, or `OTEL_TRACES_SAMPLER` with `OTEL_TRACES_SAMPLER_ARG`. */
export function createSampler(sdk: typeof traceSdk, { sampleRate, env, log }: SamplerParts): Sampler {
  const byRatio = (rate: number): Sampler => new sdk.TraceIdRatioBasedSampler(rate);
  const parentBased = (root: Sampler): Sampler => new sdk.ParentBasedSampler({ root });
  const name = textOf(env, 'OTEL_TRACES_SAMPLER');
  if (sampleRate !== undefined || name === '') return parentBased(byRatio(sampleRate ?? 1));
  const [, prefix, root = ''] = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name) ?? [];
  if (root === '') {
    log.warn('unknown sampler: exporting every trace', { variable: 'OTEL_TRACES_SAMPLER' });
    return parentBased(byRatio(1));
  }
  const sampler = byRatio(root === 'always_on' ? 1 : root === 'always_off' ? 0 : readRatio(env, log));
  return prefix === undefined ? sampler : parentBased(sampler);
}

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
