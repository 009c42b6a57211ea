import type { Dispatcher } from 'undici';
import type { ServerConfig } from '../config/dynamic.ts';
import type { UpstreamServer } from './upstream.ts';

export function createServer({ url }: ServerConfig, dispatcher: Dispatcher): UpstreamServer {
  const { origin, host, pathname } = new URL(url);
  return Object.freeze({
    url,
    origin,
    authority: host,
    basePath: pathname.replace(/\/+$/, ''),
    dispatcher,
  });
}
