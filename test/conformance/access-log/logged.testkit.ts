import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../../../packages/gateway/src/compose.ts';
import { parseInstall } from '../../../packages/gateway/src/config/parse-install.ts';
import { createTestAuthority } from '../../../packages/testkit/src/certificates.ts';
import { startTraefik } from '../traefik/real.testkit.ts';
import type { EntryPointName, LogCase } from './cases.ts';
import { nextLine, send, startService } from './observe.testkit.ts';

export type LogFormat = 'json' | 'common' | 'genericCLF';

/** A proxy with the routes of the cases, and its access log. */
export interface LoggingProxy {
  /** Ports of servers and entry points, by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Sends the request of a case; returns its line. */
  log(one: LogCase): Promise<string>;
  close(): Promise<void>;
}

const entryPointNames: readonly EntryPointName[] = ['web', 'trusting', 'secure'];

const routesOf = (service: number, dead: number): string =>
  JSON.stringify({
    http: {
      routers: Object.fromEntries([
        ['echo', { rule: 'PathPrefix(`/echo`)', service: 'up' }],
        ['reset', { rule: 'PathPrefix(`/reset`)', service: 'up' }],
        ['dead', { rule: 'PathPrefix(`/dead`)', service: 'dead' }],
        ['empty', { rule: 'PathPrefix(`/empty`)', service: 'empty' }],
        ...['moved', 'denied', 'prefixed'].map((name) => [
          name,
          { rule: `PathPrefix(\`/${name}\`)`, service: 'up', middlewares: [name] },
        ]),
      ]) as object,
      middlewares: {
        moved: { redirectScheme: { scheme: 'https' } },
        denied: { ipAllowList: { sourceRange: ['192.0.2.1'] } },
        prefixed: { addPrefix: { prefix: '/echo' } },
      },
      services: {
        up: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${service}` }] } },
        dead: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${dead}` }] } },
        empty: { loadBalancer: { servers: [] } },
      },
    },
  });

/** A static file of Traefik. */
function installOf(ports: Readonly<Record<EntryPointName, number>>, accessLog: object): object {
  const address = (name: EntryPointName): string => `127.0.0.1:${ports[name]}`;
  return {
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    entryPoints: {
      web: { address: address('web') },
      trusting: { address: address('trusting'), forwardedHeaders: { trustedIPs: ['127.0.0.1'] } },
      secure: { address: address('secure'), http: { tls: {} } },
    },
    providers: { file: { filename: 'routes.yaml' } },
    accessLog,
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Starts the real Traefik with these options of the access log. */
export async function startRealLogged(program: string, accessLog: object): Promise<LoggingProxy> {
  const service = await startService();
  const folder = await mkdtemp(join(tmpdir(), 'traefik-'));
  const [web = 0, trusting = 0, secure = 0, dead = 0] = await freePorts(4);
  const install = installOf({ web, trusting, secure }, { ...accessLog, filePath: 'access.log' });
  await writeFile(join(folder, 'traefik.yaml'), JSON.stringify(install));
  await writeFile(join(folder, 'routes.yaml'), routesOf(service.port, dead));
  const traefik = await startTraefik(program, folder, [`127.0.0.1:${web}`], { path: '/echo' });
  const read = (): string => readFileSync(join(folder, 'access.log'), 'utf8');
  let position = read().length;
  return {
    ports: { service: service.port, dead, web, trusting, secure },
    async log(one) {
      await send(one, { web, trusting, secure }[one.entryPoint ?? 'web'], service);
      const line = await nextLine(read, position);
      position += line.length + 1;
      return line;
    },
    async close() {
      await traefik.close();
      service.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Starts grantgate with the same files; its access log is kept in memory. */
export async function startLogged(accessLog: object): Promise<LoggingProxy> {
  const service = await startService();
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-'));
  const [dead = 0] = await freePorts(1);
  await writeFile(join(folder, 'routes.yaml'), routesOf(service.port, dead));
  const { cert, key } = createTestAuthority().issue('server', ['api.example']);
  await writeFile(join(folder, 'a.pem'), cert);
  await writeFile(join(folder, 'a.key'), key);
  const install = installOf({ web: 0, trusting: 0, secure: 0 }, accessLog) as {
    entryPoints: Record<string, object>;
  };
  install.entryPoints['secure'] = {
    ...install.entryPoints['secure'],
    tls: { certificates: [{ certFile: 'a.pem', keyFile: 'a.key' }] },
  };
  const { config, problems } = parseInstall(JSON.stringify(install), join(folder, 'traefik.yaml'));
  if (config === undefined) throw new Error(JSON.stringify(problems));
  let text = '';
  const sink = { reopen() {}, close: () => Promise.resolve() };
  const gateway = await startGateway(config, {
    env: {},
    stdout: { ...sink, write: (line) => void (text += line) },
    stderr: { ...sink, write() {} },
  });
  const portOf = (name: EntryPointName): number => gateway.addresses.get(name)?.port ?? 0;
  let position = 0;
  return {
    ports: {
      service: service.port,
      dead,
      ...Object.fromEntries(entryPointNames.map((name) => [name, portOf(name)])),
    },
    async log(one) {
      await send(one, portOf(one.entryPoint ?? 'web'), service);
      const line = await nextLine(() => text, position);
      position += line.length + 1;
      return line;
    },
    async close() {
      await gateway.drain();
      service.close();
      await rm(folder, { recursive: true });
    },
  };
}
