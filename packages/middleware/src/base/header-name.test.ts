import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOddlySpelled, normalizeHeaderName } from './header-name.ts';
import { anySpellingOf, forgedSpellingsOf, spellingsOf } from '../../../testkit/src/header-spellings.ts';

const names = ['Group', 'X-Group', 'X-Customer-Id', 'X-Auth-Request-User', 'x_tenant_id', 'a.b', 'X-9-Lives'];
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '-');

describe('a header name, for comparison', () => {
  it.each(names)('is the same for every spelling of %s', (name) => {
    for (const spelling of spellingsOf(name)) expect(normalizeHeaderName(spelling)).toBe(plain(name));
    fc.assert(
      fc.property(anySpellingOf(name), (spelling) => normalizeHeaderName(spelling) === plain(name)),
      { numRuns: 500 },
    );
  });

  it('differs where a letter or a digit does', () => {
    for (const [one, other] of [
      ['X-Group', 'XGroup'],
      ['X-Group', 'X--Group'],
      ['Authorization', 'Authorization_'],
      ['X-Tenant-1', 'X-Tenant-2'],
    ] as const)
      expect(normalizeHeaderName(one)).not.toBe(normalizeHeaderName(other));
  });

  it('has an odd spelling with any separator but a hyphen', () => {
    expect(['content-length', 'X-Real-IP', 'Host', 'X-9'].filter(isOddlySpelled)).toEqual([]);
    const forged = forgedSpellingsOf('X-Real-Ip');
    expect(forged).toHaveLength(15 * 15 - 1);
    expect(forged.filter(isOddlySpelled)).toEqual(forged);
  });
});
