import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParentContext } from './parent-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('readParentContext', () => {
  it('reads the IDs, the sampled flag and the state, with names in any letter case', () => {
    expect(
      readParentContext([
        'TraceParent',
        `00-${traceId}-${spanId}-03`,
        'Tracestate',
        'a=1',
        'tracestate',
        'b=2',
      ]),
    ).toEqual({ traceId, spanId, traceFlags: 1, traceState: 'a=1,b=2' });
  });

  it('reads the known fields of a later version', () => {
    expect(readParentContext(['traceparent', `cc-${traceId}-${spanId}-00-more`])?.traceId).toBe(traceId);
  });

  it.each([
    ['none', []],
    ['two', ['traceparent', `00-${traceId}-${spanId}-01`, 'traceparent', `00-${traceId}-${spanId}-01`]],
    ['the version ff', ['traceparent', `ff-${traceId}-${spanId}-01`]],
    ['more than version 00 has', ['traceparent', `00-${traceId}-${spanId}-01-x`]],
    ['a trace ID of zeros', ['traceparent', `00-${'0'.repeat(32)}-${spanId}-01`]],
    ['a span ID of zeros', ['traceparent', `00-${traceId}-${'0'.repeat(16)}-01`]],
    ['capital letters', ['traceparent', `00-${traceId.toUpperCase()}-${spanId}-01`]],
  ])('ignores %s', (_what, rawHeaders) => {
    expect(readParentContext(rawHeaders)).toBeUndefined();
  });

  it('gives valid IDs or nothing, whatever callers send', () => {
    const part = fc.string({ unit: fc.constantFrom('0', 'f', 'g', '-', 'F'), maxLength: 60 });
    fc.assert(
      fc.property(part, (value) => {
        const parent = readParentContext(['traceparent', value]);
        expect(parent === undefined || /^[0-9a-f]{32}$/.test(parent.traceId)).toBe(true);
      }),
    );
  });
});
