import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { createAdaptorServer } from '@hono/node-server';
import connect from 'connect';
import express, { type Request as ExpressRequest, type Response as ExpressResponse } from 'express';
import Fastify, { type FastifyPluginCallback, type FastifyRequest, type onRequestHookHandler } from 'fastify';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import Koa, { type Middleware } from 'koa';
import type { Auth } from '../application/auth.ts';
import { RefusalError } from '../application/refusal-error.ts';
import type { FrameworkMiddleware } from '../application/framework-middleware.ts';
import type { RouteRequirements } from '../application/route-requirements.ts';
import { authOf, type ExpressHandler } from './express-handler.ts';
import type { ProtectFetch } from './protect-fetch.ts';
import type { AuthState } from './koa-handler.ts';

/** Functions that open middlewares of one kind, by framework. */
export interface MiddlewareOpeners<Options> {
  readonly express: (options: Options) => FrameworkMiddleware<ExpressHandler>;
  readonly fastify: (options: Options) => FrameworkMiddleware<FastifyPluginCallback, onRequestHookHandler>;
  readonly koa: (options: Options) => FrameworkMiddleware<Middleware<AuthState>>;
  readonly hono: (options: Options) => FrameworkMiddleware<MiddlewareHandler>;
  readonly fetch: (options: Options) => FrameworkMiddleware<ProtectFetch>;
}

/** Requirements of the routes of an application, by path. */
export type AppRoutes = Readonly<Record<string, RouteRequirements>>;

/**
 * An application of one framework: `/all` is protected, `/open` is not, each path of `routes` has its own requirements, and below
 * `/both` both apply. A Fetch handler has only one set of requirements.
 */
export interface TestApp<Options> {
  readonly name: string;
  /** Whether the framework exposes the TLS connection of a request. */
  readonly knowsConnections: boolean;
  /** @param tls of the server; default: plain HTTP. */
  start(options: Options, routes: AppRoutes, tls?: ServerOptions): Promise<RunningApp>;
}

export interface RunningApp {
  readonly origin: string;
  readonly middleware: Pick<FrameworkMiddleware<object>, 'purge' | 'close'>;
  close(): Promise<void>;
}

/** The request as received by a handler. */
export interface SeenCall {
  readonly auth: Partial<Auth> | null;
  /** Whether `auth.accessToken()` returns one. */
  readonly hasToken: boolean;
  readonly authorization: string | null;
  readonly group: string | null;
  readonly cookie: string | null;
  readonly url: string;
  readonly query: unknown;
}

const seen = (auth: Auth | null | undefined, parts: Omit<SeenCall, 'auth' | 'hasToken'>): SeenCall => ({
  ...parts,
  auth: auth ?? null,
  hasToken: auth !== null && auth !== undefined && auth.accessToken() !== '',
});

const seenByNode = (request: IncomingMessage, auth: Auth | null | undefined, query: unknown): SeenCall =>
  seen(auth, {
    authorization: request.headers.authorization ?? null,
    group: String(request.headers['x-group'] ?? null),
    cookie: request.headers.cookie ?? null,
    url: (request as { originalUrl?: string }).originalUrl ?? request.url ?? '',
    query,
  });

// The alias has no types; those of version 5 fit the functions in use.
const express4 = createRequire(import.meta.url)('express4') as typeof express;

/** An application of every framework, on real sockets. */
export const createTestApps = <Options>(open: MiddlewareOpeners<Options>): readonly TestApp<Options>[] => [
  expressApp('Express 5', express, open.express),
  expressApp('Express 4', express4, open.express),
  connectApp(open.express),
  fastifyApp(open.fastify),
  koaApp(open.koa),
  honoApp(open.hono),
  fetchApp(open.fetch),
];

function expressApp<Options>(
  name: string,
  create: typeof express,
  open: MiddlewareOpeners<Options>['express'],
): TestApp<Options> {
  return {
    name,
    knowsConnections: true,
    async start(options, routes, tls) {
      const middleware = open(options);
      const app = create();
      // Express prints the errors that it responds to.
      app.set('env', 'test');
      app.use('/all', middleware);
      app.use('/both', middleware);
      for (const [path, requirements] of Object.entries(routes))
        app.use([`/both${path}`, path], middleware.route(requirements));
      app.use((request: ExpressRequest, response: ExpressResponse) => {
        response.json(seenByNode(request, request.auth, request.query));
      });
      return serve(app as RequestListener, middleware, tls);
    },
  };
}

function connectApp<Options>(open: MiddlewareOpeners<Options>['express']): TestApp<Options> {
  return {
    name: 'Connect',
    knowsConnections: true,
    async start(options, routes, tls) {
      const middleware = open(options);
      const app = connect();
      app.use('/all', middleware);
      app.use('/both', middleware);
      for (const [path, requirements] of Object.entries(routes)) {
        app.use(`/both${path}`, middleware.route(requirements));
        app.use(path, middleware.route(requirements));
      }
      app.use((request: IncomingMessage, response: ServerResponse) => {
        const auth = 'auth' in request ? authOf(request) : undefined;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(seenByNode(request, auth, queryOf(request.url))));
      });
      return serve(app, middleware, tls);
    },
  };
}

const queryOf = (url = ''): object => Object.fromEntries(new URL(url, 'http://app').searchParams);

function fastifyApp<Options>(open: MiddlewareOpeners<Options>['fastify']): TestApp<Options> {
  return {
    name: 'Fastify',
    knowsConnections: true,
    async start(options, routes, tls) {
      const middleware = open(options);
      const app = Fastify(tls === undefined ? {} : ({ https: tls } as object));
      const answer = async (request: FastifyRequest) =>
        Promise.resolve(seenByNode(request.raw, request.auth, request.query));
      app.get('/open', answer);
      for (const [path, requirements] of Object.entries(routes))
        app.get(path, { onRequest: middleware.route(requirements) }, answer);
      await app.register(async (scope) => {
        await scope.register(middleware);
        scope.get('/all', answer);
        for (const [path, requirements] of Object.entries(routes))
          scope.get(`/both${path}`, { onRequest: middleware.route(requirements) }, answer);
      });
      const origin = await app.listen({ port: 0, host: '127.0.0.1' });
      return { origin, middleware, close: () => app.close() };
    },
  };
}

const pass: Middleware<AuthState> = (_ctx, next) => next();

function koaApp<Options>(open: MiddlewareOpeners<Options>['koa']): TestApp<Options> {
  return {
    name: 'Koa',
    knowsConnections: true,
    async start(options, routes, tls) {
      const middleware = open(options);
      const app = new Koa<AuthState>();
      // Koa prints the errors that it responds to.
      app.silent = true;
      const middlewares = new Map<string, Middleware<AuthState>[]>([['/all', [middleware]]]);
      for (const [path, requirements] of Object.entries(routes)) {
        middlewares.set(path, [middleware.route(requirements)]);
        middlewares.set(`/both${path}`, [middleware, middleware.route(requirements)]);
      }
      for (const at of [0, 1])
        app.use(async (ctx, next) => {
          await (middlewares.get(ctx.path)?.[at] ?? pass)(ctx, next);
        });
      app.use((ctx) => {
        const { auth } = ctx.state as Partial<AuthState>;
        ctx.body = { ...seenByNode(ctx.req, auth, ctx.query), url: ctx.originalUrl };
      });
      const handle = app.callback();
      return serve((request, response) => void handle(request, response), middleware, tls);
    },
  };
}

function honoApp<Options>(open: MiddlewareOpeners<Options>['hono']): TestApp<Options> {
  return {
    name: 'Hono',
    knowsConnections: true,
    async start(options, routes, tls) {
      const middleware = open(options);
      const app = new Hono();
      app.use('/all', middleware);
      app.use('/both/*', middleware);
      for (const [path, requirements] of Object.entries(routes))
        for (const at of [path, `/both${path}`]) app.use(at, middleware.route(requirements));
      app.get('*', (c) => c.json(seenByFetch(c.req.raw, c.get('auth') as Auth | undefined, c.req.query())));
      return serveFetch(app, middleware, tls);
    },
  };
}

const seenByFetch = ({ headers, url }: Request, auth: Auth | undefined, query: unknown): SeenCall => {
  const { pathname, search } = new URL(url);
  return seen(auth, {
    authorization: headers.get('authorization'),
    group: headers.get('x-group'),
    cookie: headers.get('cookie'),
    url: pathname + search,
    query,
  });
};

function fetchApp<Options>(open: MiddlewareOpeners<Options>['fetch']): TestApp<Options> {
  return {
    name: 'Fetch',
    knowsConnections: false,
    async start(options, routes, tls) {
      const protect = open(options);
      const answer = (request: Request, auth?: Auth): Response =>
        Response.json(seenByFetch(request, auth, queryOf(request.url)));
      const handlers = new Map<string, (request: Request) => Response | Promise<Response>>([
        ['/open', answer],
        ['/all', protect(answer)],
      ]);
      for (const [path, requirements] of Object.entries(routes))
        for (const at of [path, `/both${path}`]) handlers.set(at, protect.route(requirements)(answer));
      const app = new Hono();
      app.all('*', async (c: Context) => {
        try {
          const handle = handlers.get(c.req.path);
          return handle === undefined ? await c.notFound() : await handle(c.req.raw);
        } catch (error) {
          if (error instanceof RefusalError) return error.getResponse();
          throw error;
        }
      });
      return serveFetch(app, protect, tls);
    },
  };
}

const serveFetch = (app: Hono, middleware: RunningApp['middleware'], tls: ServerOptions | undefined) => {
  const server = createAdaptorServer({
    fetch: app.fetch,
    ...(tls && { createServer: createSecureServer, serverOptions: tls }),
  });
  return listen(server as ReturnType<typeof createServer>, middleware, tls);
};

const serve = (
  listener: RequestListener,
  middleware: RunningApp['middleware'],
  tls: ServerOptions | undefined,
) => listen(tls === undefined ? createServer(listener) : createSecureServer(tls, listener), middleware, tls);

async function listen(
  server: Pick<ReturnType<typeof createServer>, 'listen' | 'address' | 'close' | 'closeAllConnections'>,
  middleware: RunningApp['middleware'],
  tls: ServerOptions | undefined,
): Promise<RunningApp> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    middleware,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await middleware.close();
    },
  };
}
