import { expect, it } from 'vitest';
import { writeText, writeTextInTurns } from './text.ts';

it('writes many series in several turns of the event loop, and the same text as in one', async () => {
  const bounds = [0.1, 1];
  const series = {
    grantgate_router_requests_total: Array.from({ length: 4_500 }, (_, at) => ({
      ...{ labels: `router="r${at}"`, of: `r${at}`, value: at },
    })),
    grantgate_router_request_duration_seconds: Array.from({ length: 2_000 }, (_, at) => ({
      ...{ labels: `router="r${at}"`, of: `r${at}`, value: 1.5 },
      buckets: { bounds, counts: [1, 0, at] },
    })),
  };
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const text = await writeTextInTurns({ series });
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(3);
  expect(text === writeText({ series })).toBe(true);
  expect(text.match(/^[^#]/gm)).toHaveLength(4_500 + 2_000 * (bounds.length + 3));
});
