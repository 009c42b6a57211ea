import { Agent } from 'node:http';
import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import { readConfiguration } from './configuration.testkit.ts';
import { createHandlers } from './entry-point.testkit.ts';
import { listen } from './listener.testkit.ts';
import { createRouter } from './router.testkit.ts';

/**
 * Replaces `traefik --configFile=FILE` in a folder, for machines without Traefik: its entry points, rules, ForwardAuth and
 * proxying, as recorded by the contract suite in this folder. It has no TLS, no HTTP/3 and no other middleware; an unknown option
 * is an error.
 */
export async function startStandIn(
  folder: string,
  file = 'traefik.yaml',
  clock: Clock = systemClock,
): Promise<{ close(): Promise<void> }> {
  const { entryPoints, routes } = await readConfiguration(folder, file);
  // Each request has its own connection: if a server closed a shared one meanwhile, a test would fail.
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
