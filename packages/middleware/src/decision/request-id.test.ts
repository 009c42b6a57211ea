import { describe, expect, it } from 'vitest';
import { createRequestIds, toRequestId } from './request-id.ts';

describe('the ID of a request', () => {
  it("is the caller's when it is safe to log", () => {
    expect(toRequestId('trace/01:a.b+c=@-_')).toBe('trace/01:a.b+c=@-_');
    expect(toRequestId('x'.repeat(128))).toBe('x'.repeat(128));
  });

  it('is a new one when the caller sent none, or one that could forge a line or fill a log', () => {
    for (const sent of [undefined, '', 'a b', 'a"b', 'a\nb', 'ä', 'x'.repeat(129)])
      expect(toRequestId(sent, () => 'new')).toBe('new');
  });

  it('is a random UUID of version 4, never the same twice', () => {
    const create = createRequestIds();
    const other = createRequestIds();
    const ids = Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? create() : other()));
    for (const id of ids)
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
