import { describe, expect, it } from 'vitest';
import { forgedSpellingsOf, spellingsOf } from '../../../testkit/src/header-spellings.ts';
import { allow } from '../entrypoints/entry-point.testkit.ts';
import { createDecisionHeaders, findImpostors } from './decision-headers.ts';

const toHeaders = createDecisionHeaders(
  { credentialsHeader: 'X-Credentials', usernameHeader: 'X-Auth-Request-User' },
  ['Content-Length', '0'],
);

describe('headers that steps remove', () => {
  it('are sent empty, because the proxy forwards those of the caller', () => {
    const removed = {
      allowed: true,
      setHeaders: ['X-Group', 'a'],
      removeHeaders: new Set(['x-group', 'x-api-key', 'authorization']),
    } as const;
    expect(toHeaders([removed]).pairs).toEqual([
      'X-Group',
      'a',
      'x-api-key',
      '',
      'authorization',
      '',
      'X-Credentials',
      '',
      'X-Auth-Request-User',
      '',
      'Content-Length',
      '0',
    ]);
  });
});

describe("callers' headers that a proxy must remove", () => {
  const decided = ['X-Tenant-Id', 'x_odd', 'X-Credentials', 'X-Auth-Request-User'];
  const headers = toHeaders([allow({ 'X-Tenant-Id': 'ours', x_odd: 'ours', Group: 'ours' })]);

  it.each(decided)('include every other spelling of %s', (name) => {
    const forged = forgedSpellingsOf(name).map((spelling) => spelling.toLowerCase());
    expect(findImpostors(spellingsOf(name), headers)).toEqual(forged);
  });

  it('include neither headers that are set nor unrelated ones', () => {
    const kept = [
      ...decided,
      ...decided.map((name) => name.toUpperCase()),
      'X_Other',
      'X-Tenant',
      'Content_Length',
    ];
    expect(findImpostors(kept, headers)).toEqual([]);
  });

  it('are found without a forwarded header that has an odd spelling itself', () => {
    const plain = toHeaders([allow({ 'X-Tenant-Id': 'ours' })]);
    expect(findImpostors(['X.Tenant~Id', 'X-Tenant-Id', 'Accept'], plain)).toEqual(['x.tenant~id']);
  });
});
