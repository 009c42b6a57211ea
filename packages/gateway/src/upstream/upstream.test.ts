import { expect, it } from 'vitest';
import type { Pool } from '../http1/client/pool.ts';
import { createServer } from './upstream.ts';

// Targets that a server received for /x behind real Traefik 3.7.13, recorded on 2026-11-29: /x, /base/x, /base/x, /base//x, /a%20b/x.
it.each([
  ['http://a/base', false, ''],
  ['http://a/base', true, '/base'],
  ['http://a/base/', true, '/base'],
  ['http://a/base//', true, '/base/'],
  ['http://a/a%20b', true, '/a%20b'],
  ['http://a', true, ''],
])(
  'the path of %s, with preservePath %s, adds "%s" to the path of requests',
  (url, preservePath, basePath) => {
    const connections = {} as Pool;
    expect(createServer({ url, weight: 1, preservePath }, new URL(url), connections).basePath).toBe(basePath);
  },
);
