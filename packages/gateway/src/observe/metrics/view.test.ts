import { describe, expect, it } from 'vitest';
import type { MetricsView } from '../../config/metrics-config.ts';
import type { Series } from '../../workers/readings.ts';
import { toShown } from './view.ts';

const all: MetricsView = { buckets: [0.1, 1], byEntryPoint: true, byRouter: true, byService: true };
const histogram: Series = {
  labels: '',
  of: undefined,
  value: 9,
  buckets: { bounds: [0.05, 0.1, 0.5, 1], counts: [1, 2, 3, 4, 5] },
};
const series = {
  grantgate_entrypoint_request_duration_seconds: [histogram],
  grantgate_router_requests_total: [histogram],
  grantgate_server_up: [histogram],
  grantgate_token_request_duration_seconds: [histogram],
};

describe('toShown', () => {
  it('adds up the buckets between the bounds of a destination', () => {
    const shown = toShown(series, all);
    expect(shown.grantgate_entrypoint_request_duration_seconds).toEqual([
      { ...histogram, buckets: { bounds: [0.1, 1], counts: [3, 7, 5] } },
    ]);
    expect(shown.grantgate_token_request_duration_seconds).toEqual([histogram]);
  });

  it('leaves out series that the destination does not show', () => {
    const names = (view: Partial<MetricsView>): string[] => Object.keys(toShown(series, { ...all, ...view }));
    expect(names({ byRouter: false })).not.toContain('grantgate_router_requests_total');
    expect(names({ byService: false })).not.toContain('grantgate_server_up');
    expect(names({ byEntryPoint: false })).toEqual([
      'grantgate_router_requests_total',
      'grantgate_server_up',
      'grantgate_token_request_duration_seconds',
    ]);
  });
});
