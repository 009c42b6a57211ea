import { describe, expect, it } from 'vitest';
import { mergeCircuits, toCircuitSummary } from './circuits.ts';

const closed = { middleware: 'a@file', state: 'closed', leftMs: undefined } as const;
const recovering = { middleware: 'a@file', state: 'recovering', leftMs: 9_400 } as const;
const open = { middleware: 'a@file', state: 'open', leftMs: 2_400 } as const;

describe('a circuit breaker of several workers', () => {
  it('has the worst state of them', () => {
    expect([...mergeCircuits([[closed], [open], [recovering]], 10_000)]).toEqual([
      ['a@file', { state: 'open', until: '1970-01-01T00:00:12.000Z', workers: { total: 3, open: 2 } }],
    ]);
    expect(mergeCircuits([[closed], [closed]], 0).get('a@file')).toEqual({
      ...{ state: 'closed', until: null },
      workers: { total: 2, open: 0 },
    });
  });

  it('is named in the overview while it refuses requests', () => {
    const circuits = mergeCircuits([[recovering, { ...closed, middleware: 'b@file' }]], 600);
    expect(toCircuitSummary(circuits)).toEqual({
      ...{ total: 2, open: 1 },
      refusing: [{ middleware: 'a@file', state: 'recovering', until: '1970-01-01T00:00:10.000Z' }],
    });
  });
});
