import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LoadBalancerConfig, ServerConfig, ServiceConfig, WeightedConfig } from '../config/dynamic.ts';

const entry = { place: { file: 'test', line: 1, column: 1 }, errors: [] };

export function toLoadBalancer(
  name: string,
  servers: readonly (string | ServerConfig)[],
  rest: Partial<LoadBalancerConfig> = {},
): LoadBalancerConfig {
  return {
    ...entry,
    name,
    kind: 'loadBalancer',
    servers: servers.map((server) => (typeof server === 'string' ? { url: server, weight: 1 } : server)),
    passHostHeader: true,
    serversTransport: undefined,
    healthCheck: undefined,
    sticky: undefined,
    ...rest,
  };
}

/** @param services name and weight of each. */
export function toWeighted(
  name: string,
  services: Readonly<Record<string, number>>,
  rest: Partial<WeightedConfig> = {},
): WeightedConfig {
  const members = Object.entries(services).map(([member, weight]) => ({ name: member, weight }));
  return { ...entry, name, kind: 'weighted', services: members, ...rest };
}

export const toMap = (...services: readonly ServiceConfig[]): ReadonlyMap<string, ServiceConfig> =>
  new Map(services.map((service) => [service.name, service]));

export interface TestService {
  readonly url: string;
  /** Number of connections opened so far, number of open ones, and requests. */
  counts(): { readonly opened: number; readonly open: number; readonly requests: number };
  /** Resolves when a connection has been closed. */
  readonly closed: Promise<undefined>;
  close(): Promise<void>;
}

/** A real HTTP server on a free port of the loopback interface. */
export async function startServer(listener: RequestListener): Promise<TestService> {
  const counts = { opened: 0, open: 0, requests: 0 };
  const closed = defer();
  const server = createServer(listener);
  server.on('request', () => (counts.requests += 1));
  server.on('connection', (socket) => {
    counts.opened += 1;
    counts.open += 1;
    socket.on('close', () => {
      counts.open -= 1;
      closed.resolve(undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    counts: () => ({ ...counts }),
    closed: closed.promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A promise that a test resolves from elsewhere. */
export function defer<T = undefined>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
} {
  let resolve = (_value: T): void => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve: (value) => resolve(value) };
}
