import { Agent } from 'node:http';
import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import { readConfiguration } from './configuration.testkit.ts';
import { createHandlers } from './entry-point.testkit.ts';
import { listen } from './listener.testkit.ts';
import { createRouter } from './router.testkit.ts';

/**
 * Starts what `traefik --configFile=FILE` starts in a folder, where there is no Traefik: its entry points, rules, ForwardAuth
 * and proxying as the contract suite beside this file has recorded them. TLS, HTTP/3 and every other middleware are not
 * part of it; an option that it does not know is an error.
 */
export async function startStandIn(
  folder: string,
  file = 'traefik.yaml',
  clock: Clock = systemClock,
): Promise<{ close(): Promise<void> }> {
  const { entryPoints, routes } = await readConfiguration(folder, file);
  // Each request has a connection of its own: one that a server closes meanwhile would fail a test.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 0 });
  const listeners = await Promise.all(
    Object.entries(entryPoints).map(([name, entryPoint]) =>
      listen(
        entryPoint.address,
        createHandlers(entryPoint, { agent, clock, route: createRouter(routes, name) }),
      ),
    ),
  );
  return {
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()));
      agent.destroy();
    },
  };
}
