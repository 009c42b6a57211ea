import type { ServerConfig } from '../config/dynamic.ts';
import type { Pools } from './pools.ts';
import type { UpstreamServer } from './upstream.ts';

export function createServer(config: ServerConfig, pools: Pools): UpstreamServer {
  const { origin, host, pathname } = new URL(config.url);
  return Object.freeze({
    url: config.url,
    origin,
    authority: host,
    basePath: pathname.replace(/\/+$/, ''),
    dispatcher: pools.forOrigin(origin),
  });
}
