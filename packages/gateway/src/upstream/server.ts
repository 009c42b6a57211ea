import type { ServerConfig } from '../config/dynamic.ts';
import type { Pool } from '../http1/client/pool.ts';
import type { UpstreamServer } from './upstream.ts';

/** @param parsed the server's URL. */
export function createServer(
  { url, preservePath = false }: ServerConfig,
  { origin, host, pathname }: URL,
  connections: Pool,
): UpstreamServer {
  return Object.freeze({
    url,
    origin,
    authority: host,
    basePath: preservePath ? pathname.replace(/\/$/, '') : '',
    connections,
  });
}
