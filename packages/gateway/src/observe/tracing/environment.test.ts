import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import * as sdk from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { createCapturedLog } from '../log.testkit.ts';
import { createSampler, readsTraceContext } from './environment.ts';

const sampled = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: 1,
  isRemote: true,
});

/** Whether a trace that starts here is exported, and one that its caller exports. */
function decide(sampleRate: number | undefined, env: Record<string, string>): readonly boolean[] {
  const { log, warnings } = createCapturedLog();
  const sampler = createSampler(sdk, { sampleRate, env, log });
  const isExported = (context: typeof ROOT_CONTEXT): boolean =>
    sampler.shouldSample(context, '4bf92f3577b34da6a3ce929d0e0e4736', 'x', SpanKind.SERVER, {}, [])
      .decision === sdk.SamplingDecision.RECORD_AND_SAMPLED;
  return [isExported(ROOT_CONTEXT), isExported(sampled), warnings().length === 0];
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
