import { expect, it } from 'vitest';
import { toHealthRequest } from './health-request.ts';

// As real Traefik 3.7.13 requests them, recorded on 2026-11-29.
it.each([
  ['http://a/base/v1', 'health', '/base/health'],
  ['http://a/base/', 'health', '/base/health'],
  ['http://a/base', '/health', '/health'],
  ['http://a', 'health', '/health'],
])('the health check of %s with the path %s requests %s', (url, path, target) => {
  const config = {
    path,
    method: 'GET',
    scheme: undefined,
    port: undefined,
    hostname: undefined,
    headers: {},
    intervalMs: 1000,
    unhealthyIntervalMs: 1000,
    timeoutMs: 1000,
    status: 0,
    followRedirects: true,
  };
  expect(toHealthRequest(url, config).request.target).toBe(target);
});
