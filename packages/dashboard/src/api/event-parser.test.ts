import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventParser, type StreamEvent } from './event-parser.ts';

const parse = (...pieces: readonly string[]): readonly StreamEvent[] => {
  const events: StreamEvent[] = [];
  const push = createEventParser((event) => events.push(event));
  for (const piece of pieces) push(piece);
  return events;
};

describe('a stream of events', () => {
  it('yields name and data, without comments and other fields', () => {
    expect(
      parse('retry: 3000\n\n: ping\n\nevent: overview\ndata: {"a":1}\n\ndata:b\ndata: c\r\n\r\n'),
    ).toEqual([
      { name: 'overview', data: '{"a":1}' },
      { name: 'message', data: 'b\nc' },
    ]);
  });

  it('yields the same events wherever its chunks end', () => {
    const stream = 'event: a\ndata: 1\n\nevent: b\r\ndata: x: y\r\n\r\ndata: ü\n\n';
    const cuts = fc.array(fc.nat({ max: stream.length })).map((places) => places.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, (places) => {
        const pieces = [0, ...places].map((from, index) => stream.slice(from, places[index]));
        expect(parse(...pieces)).toEqual(parse(stream));
      }),
    );
  });
});
