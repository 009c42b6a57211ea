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
import type { Auth } from '../guards/auth.ts';
import { RefusalError } from '../guards/refusal-error.ts';
import type { RouteGuard } from '../guards/route-guard.ts';
import type { RouteRequirements } from '../guards/route-requirements.ts';
import { authOf, type ExpressHandler } from './express-guard.ts';
import type { ProtectFetch } from './fetch-guard.ts';
import type { AuthState } from './koa-guard.ts';

/** Functions that open guards of one kind, by framework. */
export interface GuardOpeners<Options> {
  readonly express: (options: Options) => RouteGuard<ExpressHandler>;
  readonly fastify: (options: Options) => RouteGuard<FastifyPluginCallback, onRequestHookHandler>;
  readonly koa: (options: Options) => RouteGuard<Middleware<AuthState>>;
  readonly hono: (options: Options) => RouteGuard<MiddlewareHandler>;
  readonly fetch: (options: Options) => RouteGuard<ProtectFetch>;
}

/** Requirements of the routes of an application, by path. */
export type AppRoutes = Readonly<Record<string, RouteRequirements>>;

/**
 * An application of one framework: `/all` is behind the guard, `/open` behind none, each path of `routes` behind its own guard, and
 * below `/both` behind the guard and then its own. A Fetch handler has only one guard.
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
  readonly guard: Pick<RouteGuard<object>, 'purge' | 'close'>;
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
export const createTestApps = <Options>(open: GuardOpeners<Options>): readonly TestApp<Options>[] => [
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
  open: GuardOpeners<Options>['express'],
): TestApp<Options> {
  return {
    name,
    knowsConnections: true,
    async start(options, routes, tls) {
      const guard = open(options);
      const app = create();
      // Express prints the errors that it responds to.
      app.set('env', 'test');
      app.use('/all', guard);
      app.use('/both', guard);
      for (const [path, requirements] of Object.entries(routes))
        app.use([`/both${path}`, path], guard.route(requirements));
      app.use((request: ExpressRequest, response: ExpressResponse) => {
        response.json(seenByNode(request, request.auth, request.query));
      });
      return serve(app as RequestListener, guard, tls);
    },
  };
}

function connectApp<Options>(open: GuardOpeners<Options>['express']): TestApp<Options> {
  return {
    name: 'Connect',
    knowsConnections: true,
    async start(options, routes, tls) {
      const guard = open(options);
      const app = connect();
      app.use('/all', guard);
      app.use('/both', guard);
      for (const [path, requirements] of Object.entries(routes)) {
        app.use(`/both${path}`, guard.route(requirements));
        app.use(path, guard.route(requirements));
      }
      app.use((request: IncomingMessage, response: ServerResponse) => {
        const auth = 'auth' in request ? authOf(request) : undefined;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(seenByNode(request, auth, queryOf(request.url))));
      });
      return serve(app, guard, tls);
    },
  };
}

const queryOf = (url = ''): object => Object.fromEntries(new URL(url, 'http://app').searchParams);

function fastifyApp<Options>(open: GuardOpeners<Options>['fastify']): TestApp<Options> {
  return {
    name: 'Fastify',
    knowsConnections: true,
    async start(options, routes, tls) {
      const guard = open(options);
      const app = Fastify(tls === undefined ? {} : ({ https: tls } as object));
      const answer = async (request: FastifyRequest) =>
        Promise.resolve(seenByNode(request.raw, request.auth, request.query));
      app.get('/open', answer);
      for (const [path, requirements] of Object.entries(routes))
        app.get(path, { onRequest: guard.route(requirements) }, answer);
      await app.register(async (scope) => {
        await scope.register(guard);
        scope.get('/all', answer);
        for (const [path, requirements] of Object.entries(routes))
          scope.get(`/both${path}`, { onRequest: guard.route(requirements) }, answer);
      });
      const origin = await app.listen({ port: 0, host: '127.0.0.1' });
      return { origin, guard, close: () => app.close() };
    },
  };
}

const pass: Middleware<AuthState> = (_ctx, next) => next();

function koaApp<Options>(open: GuardOpeners<Options>['koa']): TestApp<Options> {
  return {
    name: 'Koa',
    knowsConnections: true,
    async start(options, routes, tls) {
      const guard = open(options);
      const app = new Koa<AuthState>();
      // Koa prints the errors that it responds to.
      app.silent = true;
      const guards = new Map<string, Middleware<AuthState>[]>([['/all', [guard]]]);
      for (const [path, requirements] of Object.entries(routes)) {
        guards.set(path, [guard.route(requirements)]);
        guards.set(`/both${path}`, [guard, guard.route(requirements)]);
      }
      for (const at of [0, 1])
        app.use(async (ctx, next) => {
          await (guards.get(ctx.path)?.[at] ?? pass)(ctx, next);
        });
      app.use((ctx) => {
        const { auth } = ctx.state as Partial<AuthState>;
        ctx.body = { ...seenByNode(ctx.req, auth, ctx.query), url: ctx.originalUrl };
      });
      const handle = app.callback();
      return serve((request, response) => void handle(request, response), guard, tls);
    },
  };
}

function honoApp<Options>(open: GuardOpeners<Options>['hono']): TestApp<Options> {
  return {
    name: 'Hono',
    knowsConnections: true,
    async start(options, routes, tls) {
      const guard = open(options);
      const app = new Hono();
      app.use('/all', guard);
      app.use('/both/*', guard);
      for (const [path, requirements] of Object.entries(routes))
        for (const at of [path, `/both${path}`]) app.use(at, guard.route(requirements));
      app.get('*', (c) => c.json(seenByFetch(c.req.raw, c.get('auth') as Auth | undefined, c.req.query())));
      return serveFetch(app, guard, tls);
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

function fetchApp<Options>(open: GuardOpeners<Options>['fetch']): TestApp<Options> {
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

const serveFetch = (app: Hono, guard: RunningApp['guard'], tls: ServerOptions | undefined) => {
  const server = createAdaptorServer({
    fetch: app.fetch,
    ...(tls && { createServer: createSecureServer, serverOptions: tls }),
  });
  return listen(server as ReturnType<typeof createServer>, guard, tls);
};

const serve = (listener: RequestListener, guard: RunningApp['guard'], tls: ServerOptions | undefined) =>
  listen(tls === undefined ? createServer(listener) : createSecureServer(tls, listener), guard, tls);

async function listen(
  server: Pick<ReturnType<typeof createServer>, 'listen' | 'address' | 'close' | 'closeAllConnections'>,
  guard: RunningApp['guard'],
  tls: ServerOptions | undefined,
): Promise<RunningApp> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    guard,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await guard.close();
    },
  };
}
