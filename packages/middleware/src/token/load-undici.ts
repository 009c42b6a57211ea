import { createRequire } from 'node:module';
import type * as undici from 'undici';

/** The part of the package `undici` that requests to authorization servers use. */
export type Undici = Pick<
  typeof undici,
  'Agent' | 'buildConnector' | 'EnvHttpProxyAgent' | 'Pool' | 'ProxyAgent'
>;

/**
 * Loads these parts of `undici`. The whole package includes fetch, WebSocket, caches and mocks, and takes three times as long to load when
 * a process starts. The files of the parts are not documented: if they are missing, as in a bundle, the whole package is loaded.
 *
 * @param load finds a module by name; for tests.
 */
export async function loadUndici(
  load: (name: string) => unknown = createRequire(import.meta.url),
): Promise<Undici> {
  try {
    const parts = {
      Agent: load('undici/lib/dispatcher/agent.js'),
      buildConnector: load('undici/lib/core/connect.js'),
      EnvHttpProxyAgent: load('undici/lib/dispatcher/env-http-proxy-agent.js'),
      Pool: load('undici/lib/dispatcher/pool.js'),
      ProxyAgent: load('undici/lib/dispatcher/proxy-agent.js'),
    } as Undici;
    // As undici's main file does: `request` becomes a method of every dispatcher.
    const { prototype } = load('undici/lib/dispatcher/dispatcher.js') as typeof undici.Dispatcher;
    Object.assign(prototype, load('undici/lib/api/index.js'));
    return parts;
  } catch {
    return import('undici');
  }
}
