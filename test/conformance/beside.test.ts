import { describe } from 'vitest';
import type { Proxy, ProxyName } from '../e2e/beside-proxies.testkit.ts';
import { caddyCopiesEmptyHeaders, proxies } from '../e2e/beside-proxies.testkit.ts';
import { startExample } from '../e2e/beside.testkit.ts';
import { changes } from './beside-examples.testkit.ts';
import { withUsername } from './checks.testkit.ts';
import type { Integration } from './integration.ts';
import { startProtectedService, toSeen } from './protected-service.testkit.ts';
import { runCases } from './run-cases.testkit.ts';
import { sendRequest } from './send-request.testkit.ts';

/** Actions of each proxy that are not in the table. */
const manners: Readonly<Record<ProxyName, Pick<Integration, 'through' | 'emptyHeaders'>>> = {
  nginx: {
    emptyHeaders: 'left out',
    // It refuses a second Authorization itself, before a check.
    through: (refusal, { headers = [] }) =>
      headers.filter((name, at) => at % 2 === 0 && /^authorization$/i.test(name)).length > 1
        ? { ...refusal, status: 400, code: undefined, challenge: false }
        : refusal,
  },
  Caddy: { emptyHeaders: caddyCopiesEmptyHeaders() ? 'kept' : 'left out' },
  HAProxy: {},
  'Envoy, over HTTP': {
    // A check with a 5xx response counts as failed: the caller receives only the configured status. A refusal without a body, as
    // for HEAD, loses its Content-Type.
    through: (refusal, { method }) => {
      if (refusal.status >= 500)
        return { ...refusal, status: 503, code: undefined, challenge: false, retryAfter: undefined };
      return method === 'HEAD' ? { ...refusal, code: undefined } : refusal;
    },
  },
  'Envoy, over gRPC': {},
  Traefik: {},
};

/** A proxy with its example, adapted by `changes`: each middleware protects its own path. */
const besideDoor = (name: ProxyName, { example, command }: Proxy): Integration => ({
  name: `beside ${name}`,
  ...manners[name],
  async start(middlewares) {
    const service = await startProtectedService();
    const options = {
      middlewares: Object.keys(middlewares),
      forwarded: [
        ...new Set(
          Object.values(middlewares).flatMap(({ forwardHeaders = {} }) => Object.keys(forwardHeaders)),
        ),
      ],
    };
    const routes = {
      http: {
        middlewares: Object.fromEntries(
          Object.entries(middlewares).map(([middleware, options]) => [
            middleware,
            { plugin: { oAuthClientCredentials: options } },
          ]),
        ),
      },
    };
    const beside = await startExample({
      example,
      command,
      servicePort: service.port,
      change: (file, text) =>
        file === 'routes.yaml' ? JSON.stringify(routes) : (changes[name][file]?.(text, options) ?? text),
    });
    return {
      async request(middleware, request) {
        const path = `/${middleware}${request.path ?? '/'}`;
        const answer = await sendRequest(beside.url, { ...request, path });
        return { ...answer, seen: withUsername(toSeen(answer)) };
      },
      async close() {
        await beside.close();
        await service.close();
      },
    };
  },
});

for (const [name, proxy] of Object.entries(proxies) as readonly [ProxyName, Proxy | undefined][]) {
  // Skipped if its program is not installed: Envoy and Traefik have no Debian package; the tests of the examples report it.
  if (proxy === undefined) describe.skip(`beside ${name}`);
  else runCases(besideDoor(name, proxy));
}
