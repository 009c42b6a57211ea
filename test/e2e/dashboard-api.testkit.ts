import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import {
  authorizationServerShape,
  configShape,
  entryPointShape,
  middlewareShape,
  overviewShape,
  refusalShape,
  routerShape,
  serviceShape,
  tokenMiddlewareShape,
  tokenShape,
} from '../../packages/gateway/src/admin/api/shapes.ts';
import { explanationShape } from '../../packages/gateway/src/admin/api/explanation-shape.ts';
import { callerShape } from '../../packages/gateway/src/admin/api/caller-shape.ts';
import { certificateShape } from '../../packages/gateway/src/admin/api/certificate-shape.ts';
import { storeShape } from '../../packages/gateway/src/admin/api/store-shape.ts';
import { createDashboard } from '../../packages/gateway/src/admin/dashboard.ts';
import { dashboardFolder } from '../../packages/gateway/src/dashboard-folder.ts';
import type { IncomingRequest } from '../../packages/gateway/src/proxy/incoming-request.ts';
import type { DashboardData } from './dashboard-data.testkit.ts';

/** A server with the dashboard and an API of invented content, whose responses are checked against the API's shapes. */
export interface DashboardServer {
  readonly url: string;
  /** Bearer token that reads require; undefined: none. */
  token: string | undefined;
  /** Sends an event to every open stream. */
  readonly send: (event: string, data: unknown) => void;
  /** Open streams of events. */
  readonly streams: () => number;
  /** Ends all connections and refuses new ones. */
  readonly stop: () => Promise<void>;
  /** Listens again, on the same port. */
  readonly start: () => Promise<void>;
}

const basePath = '/gate';
const dashboard = createDashboard(basePath, dashboardFolder);

/** Responds with the gateway's own code where that depends on a request. */
function serveDashboard(path: string, { method = '' }: IncomingMessage, response: ServerResponse): void {
  const incoming = {
    facts: { method, path },
    response: {
      over: false,
      begin: ({ status, headers }: { readonly status: number; readonly headers: string[] }) =>
        response.writeHead(status, headers),
      end: (body: Buffer) => response.end(body),
    },
  };
  dashboard.handle(incoming as unknown as IncomingRequest, () => {});
}

interface DashboardReply {
  readonly value: unknown;
  readonly total?: number;
}

const checked = (shape: z.ZodType, value: unknown): DashboardReply => ({ value: shape.parse(value) });

/** One page of a list, in the API's format. */
function pageOf(list: readonly unknown[], parameters: URLSearchParams, shape: z.ZodType): DashboardReply {
  const page = Number(parameters.get('page') ?? 1);
  const size = Number(parameters.get('per_page') ?? 100);
  const value = list.slice((page - 1) * size, page * size);
  for (const item of value) shape.parse(item);
  return { value, total: list.length };
}

function replyTo(path: string, parameters: URLSearchParams, data: DashboardData): DashboardReply | undefined {
  const search = parameters.get('search') ?? '';
  const [kind, name] = /^http\/(\w+)\/(.+)$/.exec(path)?.slice(1) ?? [];
  if (kind === 'routers') {
    const router = data.routers.find((one) => one.name === decodeURIComponent(name!));
    return router && checked(routerShape, { ...router, figures: data.figures });
  }
  if (kind === 'middlewares') return checked(middlewareShape, data.middleware(decodeURIComponent(name!)));
  if (kind === 'services') return checked(serviceShape, data.service(decodeURIComponent(name!)));
  const status = parameters.get('status') ?? '';
  const code = parameters.get('code') ?? '';
  switch (path) {
    case 'http/routers':
      return pageOf(
        data.routers.filter((one) => one.name.includes(search) && (status === '' || one.status === status)),
        parameters,
        routerShape,
      );
    case 'tokens':
      return pageOf(
        data.tokens.filter((one) => one.clientID.includes(search)),
        parameters,
        tokenShape,
      );
    case 'entrypoints':
      return checked(entryPointShape.array(), [{ name: 'web', address: ':8000', protocol: 'http' }]);
    case 'callers':
      return pageOf(
        data.callers.filter((one) => one.clientID.includes(search)),
        parameters,
        callerShape,
      );
    case 'certificates':
      return pageOf(data.certificates, parameters, certificateShape);
    case 'tokens/middlewares':
      return checked(tokenMiddlewareShape.array(), data.tokenMiddlewares);
    case 'requests/recent':
      return pageOf(
        data.refusals.filter((one) => code === '' || one.code === code),
        parameters,
        refusalShape,
      );
    case 'config':
      return checked(configShape, data.config);
    case 'explain':
      return checked(explanationShape, data.explain(parameters));
  }
  return undefined;
}

export async function startDashboardServer(data: DashboardData): Promise<DashboardServer> {
  const streams = new Set<ServerResponse>();
  const write = (response: ServerResponse, event: string, value: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
  };
  const openStream = (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('retry: 3000\n\n');
    write(response, 'overview', overviewShape.parse(data.overview));
    write(
      response,
      'authorizationServers',
      authorizationServerShape.array().parse(data.authorizationServers),
    );
    write(response, 'stores', storeShape.array().parse(data.stores));
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    if (dashboard.serves(pathname)) {
      serveDashboard(pathname, request, response);
      return;
    }
    const { token } = self;
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end('{"message":"unauthorized"}');
      return;
    }
    const path = pathname.slice(`${basePath}/api/`.length);
    if (path === 'events') {
      openStream(response);
      return;
    }
    const reply = replyTo(path, searchParams, data);
    const headers = { 'Content-Type': 'application/json', 'X-Total-Count': String(reply?.total ?? '') };
    if (reply === undefined) response.writeHead(404, headers).end('{"message":"router not found"}');
    else response.writeHead(200, headers).end(JSON.stringify(reply.value));
  });
  let port = 0;
  const start = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  await start();
  const self: DashboardServer = {
    url: `http://127.0.0.1:${port}${basePath}/dashboard/`,
    token: undefined,
    send: (event, value) => {
      for (const stream of streams) write(stream, event, value);
    },
    streams: () => streams.size,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    start,
  };
  return self;
}
