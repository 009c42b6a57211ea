import type { Server } from 'node:http';
import { oAuthClientCredentials as guardFetch } from '@grantgate/middleware/fetch';
import type { Auth } from '@grantgate/middleware/hono';
import { oAuthClientCredentials } from '@grantgate/middleware/hono';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Integration } from './integration.ts';
import { startHttpIntegration, toSeenResponse } from './node-integrations.testkit.ts';
import { runCases } from './run-cases.testkit.ts';

async function answer(request: Request, auth: Auth): Promise<Response> {
  const { type, body } = toSeenResponse([...request.headers].flat(), {
    method: request.method,
    body: await request.text(),
    auth,
  });
  return new Response(body, { headers: { 'content-type': type } });
}

const honoDoor: Integration = {
  name: 'Hono',
  async start(middlewares) {
    const app = new Hono();
    const guards = Object.entries(middlewares).map(([name, options]) => {
      const guard = oAuthClientCredentials(options);
      app.use(`/${name}/*`, guard);
      return guard;
    });
    app.all('*', (c) => answer(c.req.raw, c.get('auth')));
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    return startHttpIntegration(server, () => Promise.all(guards.map((guard) => guard.close())));
  },
};

const fetchDoor: Integration = {
  name: 'Fetch',
  async start(middlewares) {
    const guards = Object.entries(middlewares).map(([name, options]) => ({
      name,
      guard: guardFetch(options),
    }));
    const handlers = new Map(guards.map(({ name, guard }) => [name, guard(answer)]));
    const fetch = (request: Request) =>
      handlers.get(new URL(request.url).pathname.split('/')[1] ?? '')?.(request) ?? Response.error();
    const server = createAdaptorServer({ fetch }) as Server;
    return startHttpIntegration(server, () => Promise.all(guards.map(({ guard }) => guard.close())));
  },
};

runCases(honoDoor);
runCases(fetchDoor);
