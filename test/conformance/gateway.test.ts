import { until } from '../../packages/testkit/src/until.ts';
import { startTestGateway } from '../e2e/gateway.testkit.ts';
import type { Integration } from './integration.ts';
import { startProtectedService, toSeen } from './protected-service.testkit.ts';
import { runCases } from './run-cases.testkit.ts';
import { sendRequest } from './send-request.testkit.ts';

/** Each middleware protects its own path; the service behind them responds with the request that it received. */
const gatewayDoor: Integration = {
  name: 'the gateway',
  async start(middlewares) {
    const upstream = await startProtectedService();
    const names = Object.keys(middlewares);
    const entries = <T>(of: (name: string) => T): Record<string, T> =>
      Object.fromEntries(names.map((name) => [name, of(name)]));
    const http = {
      routers: entries((name) => ({
        rule: `PathPrefix(\`/${name}/\`)`,
        middlewares: [name],
        service: 'echo',
      })),
      middlewares: entries((name) => ({ plugin: { oAuthClientCredentials: middlewares[name] } })),
      services: { echo: { loadBalancer: { servers: [{ url: upstream.url }] } } },
    };
    const gateway = await startTestGateway({ routes: { 'routes.json': JSON.stringify({ http }) } });
    return {
      async request(middleware, request) {
        const before = gateway.accessLog.lines().length;
        const path = `/${middleware}${request.path ?? '/'}`;
        const answer = await sendRequest(gateway.url, { ...request, path });
        const seen = toSeen(answer);
        if (seen === undefined) return { ...answer, seen };
        // The line is written after the response has ended, so the caller may receive the response first.
        const line = await until(() => gateway.accessLog.lines()[before]);
        const { ClientUsername: user } = JSON.parse(line) as { readonly ClientUsername: string };
        return { ...answer, seen: { ...seen, username: user === '-' ? undefined : user } };
      },
      async close() {
        await gateway.close();
        await upstream.close();
      },
    };
  },
};

runCases(gatewayDoor);
