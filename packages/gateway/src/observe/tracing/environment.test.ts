import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { createCapturedLog } from '../log.testkit.ts';
import { createSample, readsTraceContext, toSampler } from './environment.ts';
import { createTraceIds } from './trace-ids.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const sampled = trace.setSpanContext(ROOT_CONTEXT, {
  traceId,
  spanId: '00f067aa0ba902b7',
  traceFlags: 1,
  isRemote: true,
});

/** Whether a trace that starts here is exported, and one that its caller exports. */
function decide(sampleRate: number | undefined, env: Record<string, string>): readonly boolean[] {
  const { log, warnings } = createCapturedLog();
  const sample = createSample({ sampleRate, env, log });
  const sampler = toSampler(sample, (context) => trace.getSpanContext(context));
  const isExported = (context: typeof ROOT_CONTEXT): boolean =>
    sampler.shouldSample(context, traceId, 'x', SpanKind.SERVER, {}, []).decision ===
    SamplingDecision.RECORD_AND_SAMPLED;
  const decisions = [isExported(ROOT_CONTEXT), isExported(sampled)];
  expect(decisions).toEqual([sample(traceId, undefined), sample(traceId, 1)]);
  return [...decisions, warnings().length === 0];
}

describe('the sampler', () => {
  it.each([
    [undefined, {}, [true, true, true]],
    [0, {}, [false, true, true]],
    [undefined, { OTEL_TRACES_SAMPLER: 'always_on' }, [true, true, true]],
    [undefined, { OTEL_TRACES_SAMPLER: 'always_off' }, [false, false, true]],
    [undefined, { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, [false, true, true]],
    [undefined, { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, [false, false, true]],
    [undefined, { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, [false, true, true]],
    [undefined, { OTEL_TRACES_SAMPLER: 'ParentBased_TraceIdRatio' }, [true, true, true]],
    [undefined, { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, [true, true, false]],
    [undefined, { OTEL_TRACES_SAMPLER: 'other' }, [true, true, false]],
    // The configuration wins.
    [1, { OTEL_TRACES_SAMPLER: 'always_off' }, [true, true, true]],
  ] as const)('with the rate %j and %j decides %j', (rate, env, expected) => {
    expect(decide(rate, env)).toEqual(expected);
  }); // prettier-ignore
});

describe('a sampling ratio', () => {
  it('exports that share of random traces, and decides the same for each span of a trace', () => {
    const { log } = createCapturedLog();
    const sample = createSample({ sampleRate: 0.1, env: {}, log });
    const ids = createTraceIds();
    const traces = Array.from({ length: 20_000 }, () => ids.trace());
    const exported = traces.filter((id) => sample(id, undefined)).length;
    expect(exported / traces.length).toBeCloseTo(0.1, 1);
    expect(new Set(traces).size).toBe(traces.length);
    expect(traces.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });
});

describe('propagators', () => {
  it.each([
    [undefined, true, 0],
    ['', true, 0],
    ['tracecontext,baggage', true, 0],
    ['Baggage, TraceContext', true, 0],
    ['baggage', false, 0],
    ['none', false, 0],
    ['b3,tracecontext', true, 1],
  ])('%j read traceparent: %j, with %d warnings', (value, reads, count) => {
    const { log, warnings } = createCapturedLog();
    expect(readsTraceContext({ OTEL_PROPAGATORS: value }, log)).toBe(reads);
    expect(warnings()).toHaveLength(count);
  });
});
