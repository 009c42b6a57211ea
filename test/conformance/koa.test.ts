import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AuthState } from '@grantgate/middleware/koa';
import { oAuthClientCredentials } from '@grantgate/middleware/koa';
import Koa from 'koa';
import type { Integration } from './integration.ts';
import { headersOf, startHttpIntegration, toSeenResponse } from './node-integrations.testkit.ts';
import { runCases } from './run-cases.testkit.ts';

const koaDoor: Integration = {
  name: 'Koa',
  async start(middlewares) {
    const app = new Koa<AuthState>();
    const opened = new Map(
      Object.entries(middlewares).map(([name, options]) => [name, oAuthClientCredentials(options)]),
    );
    app.use(async (ctx, next) => {
      await opened.get(ctx.path.split('/')[1] ?? '')?.(ctx, next);
    });
    app.use(async (ctx) => {
      const { type, body } = toSeenResponse(headersOf(ctx.req), {
        method: ctx.method,
        body: await text(ctx.req),
        auth: ctx.state.auth,
      });
      ctx.type = type;
      ctx.body = body;
    });
    const handle = app.callback();
    const server = createServer((request, response) => void handle(request, response));
    return startHttpIntegration(server, () =>
      Promise.all([...opened.values()].map((middleware) => middleware.close())),
    );
  },
};

runCases(koaDoor);
