import { describe, expect, it } from 'vitest';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import { createAccessToken } from '@grantgate/middleware/token/access-token';
import { createTokenFailure } from '@grantgate/middleware/token/failure';
import { parseExposition } from './exposition.testkit.ts';
import { writeText } from './text.ts';
import { createTokenMetrics } from './token-metrics.ts';

const token = createAccessToken('secret', 0, 1);
const refused = createTokenFailure('credentials_refused', 'refused', { oauthError: 'invalid_client' });

function start() {
  const failing = new Map<TokenTally, number>();
  const metrics = createTokenMetrics(() => failing);
  const seen = () => parseExposition(writeText({ series: metrics.read() }));
  const lookups = (middleware: string, tier = 'memory') =>
    seen().sum('grantgate_token_lookups_total', { middleware, tier });
  return { ...metrics, failing, read: () => metrics.read(), seen, lookups };
}

describe('tokens', () => {
  it('are counted by middleware and source, and token requests by outcome', () => {
    const { openTally, configure, seen, lookups } = start();
    const tally = openTally();
    configure(new Map([['a@file', { tally }]]));
    tally.memory += 5;
    tally.store += 2;
    tally.server += 2;
    tally.requested(token, 40);
    tally.requested(refused, 2_000);
    expect(['memory', 'store', 'server'].map((tier) => lookups('a@file', tier))).toEqual([5, 2, 2]);
    const requests = (labels: Record<string, string>) => seen().sum('grantgate_token_requests_total', labels);
    expect(requests({ middleware: 'a@file', outcome: 'success', error: '' })).toBe(1);
    expect(requests({ outcome: 'credentials_refused', error: 'invalid_client' })).toBe(1);
    const name = 'grantgate_token_request_duration_seconds';
    expect(seen().sum(`${name}_bucket`, { le: '0.05' })).toBe(1);
    expect(seen().sum(`${name}_sum`)).toBeCloseTo(2.04);
    // Reading does not reset anything.
    expect(lookups('a@file')).toBe(5);
  });

  it('that are renewed in the background are counted by outcome, failed renewals too', () => {
    const { openTally, configure, renewed, failing, seen } = start();
    const [one, other] = [openTally(), openTally()];
    configure(new Map([['a@file', { tally: one }], ['b@file', { tally: other }]])); // prettier-ignore
    const clientId = 'app';
    const failed = { kind: 'failed', clientId, detail: '', response: undefined, nextTryInMs: 0, expiresInMs: 0 } as const;
    renewed({ tally: one, event: { kind: 'renewed', clientId } });
    renewed({ tally: one, event: { kind: 'unchanged', clientId } });
    for (const isFirst of [true, false])
      renewed({ tally: one, event: { ...failed, isFirst, reason: 'credentials_refused', oauthError: 'invalid_client' } });
    renewed({ tally: other, event: { ...failed, isFirst: true, reason: 'timeout', oauthError: undefined } });
    renewed({ tally: one, event: { kind: 'recovered', clientId, failures: 2, lastedMs: 1 } });
    failing.set(other, 3);
    const count = (labels: Record<string, string>) => seen().sum('grantgate_token_renewals_total', labels);
    expect(count({ middleware: 'a@file', outcome: 'success', error: '' })).toBe(1);
    expect(count({ middleware: 'a@file', outcome: 'unchanged', error: '' })).toBe(1);
    expect(count({ middleware: 'a@file', outcome: 'credentials_refused', error: 'invalid_client' })).toBe(2);
    expect(count({ middleware: 'b@file', outcome: 'timeout', error: '' })).toBe(1);
    expect(count({})).toBe(5);
    const now = (middleware: string) => seen().sum('grantgate_token_renewals_failing', { middleware });
    expect([now('a@file'), now('b@file')]).toEqual([0, 3]);
  }); // prettier-ignore

  it('of middlewares with the same options are counted under the first of them', () => {
    const { openTally, configure, seen, lookups } = start();
    const tally = openTally();
    configure(
      new Map([
        ['a@file', { tally }],
        ['b@file', { tally }],
      ]),
    );
    tally.memory += 3;
    expect(lookups('a@file')).toBe(3);
    expect(seen().sum('grantgate_token_lookups_total')).toBe(3);
    configure(new Map([['b@file', { tally }]]));
    tally.memory += 1;
    expect(lookups('b@file')).toBe(1);
    expect(lookups('a@file')).toBe(0);
  });

  it('are still counted when the options of a middleware change, late ones included', () => {
    const { openTally, configure, lookups, read } = start();
    const [before, after] = [openTally(), openTally()];
    configure(new Map([['a@file', { tally: before }]]));
    before.memory += 3;
    configure(new Map([['a@file', { tally: after }]]));
    before.memory += 1;
    after.memory += 2;
    expect(lookups('a@file')).toBe(6);
    configure(new Map());
    expect(writeText({ series: read() })).toBe('');
  });
});
