import type { ServerConfig } from '../config/dynamic.ts';
import type { Pool } from '../http1/pool.ts';
import type { UpstreamServer } from './upstream.ts';

export function createServer({ url }: ServerConfig, connections: Pool): UpstreamServer {
  const { origin, host, pathname } = new URL(url);
  return Object.freeze({
    url,
    origin,
    authority: host,
    basePath: pathname.replace(/\/+$/, ''),
    connections,
  });
}
