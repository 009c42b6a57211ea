import type { Server } from 'node:http';
import { oAuthClientCredentials as protectFetch } from '@grantgate/middleware/fetch';
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
    const opened = Object.entries(middlewares).map(([name, options]) => {
      const middleware = oAuthClientCredentials(options);
      app.use(`/${name}/*`, middleware);
      return middleware;
    });
    app.all('*', (c) => answer(c.req.raw, c.get('auth')));
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    return startHttpIntegration(server, () => Promise.all(opened.map((middleware) => middleware.close())));
  },
};

const fetchDoor: Integration = {
  name: 'Fetch',
  async start(middlewares) {
    const opened = Object.entries(middlewares).map(([name, options]) => ({
      name,
      middleware: protectFetch(options),
    }));
    const handlers = new Map(opened.map(({ name, middleware }) => [name, middleware(answer)]));
    const fetch = (request: Request) =>
      handlers.get(new URL(request.url).pathname.split('/')[1] ?? '')?.(request) ?? Response.error();
    const server = createAdaptorServer({ fetch }) as Server;
    return startHttpIntegration(server, () =>
      Promise.all(opened.map(({ middleware }) => middleware.close())),
    );
  },
};

runCases(honoDoor);
runCases(fetchDoor);
