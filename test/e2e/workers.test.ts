import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { json, startScriptedServer } from '../../packages/testkit/src/scripted-server.ts';
import type { WorkerResponse, Serving } from './workers.testkit.ts';
import { isAlive, serve, startCallers, untilServing, visit } from './workers.testkit.ts';

// The built command, because workers are its processes.
let upstream: Server;
const held: ServerResponse[] = [];
const opened: WorkerResponse[] = [];
beforeAll(async () => {
  upstream = createServer((request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('ok');
  }).listen(0, '127.0.0.1');
  upstream.keepAliveTimeout = 0;
  await once(upstream, 'listening');
});
afterEach(() => {
  opened.splice(0).forEach((served) => served.close());
  held.splice(0).forEach((response) => response.end());
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});

const upstreamPort = (): number => (upstream.address() as AddressInfo).port;
const routes = (middlewares: object = {}) => ({
  http: {
    routers: {
      all: { rule: 'PathPrefix(`/`)', service: 'up', middlewares: Object.keys(middlewares) },
    },
    ...(Object.keys(middlewares).length > 0 && { middlewares }),
    services: { up: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${upstreamPort()}` }] } } },
  },
});
const install = { entryPoints: { web: { address: '127.0.0.1:0' } }, workers: 2 };

function start(more: object = {}, middlewares?: object): WorkerResponse {
  const served = serve({ ...install, ...more }, routes(middlewares));
  opened.push(served);
  return served;
}
const startServing = (more?: object, middlewares?: object): Promise<Serving> =>
  untilServing(start(more, middlewares));
const pidsOf = (serving: WorkerResponse): number[] =>
  serving.logged('worker ready').map(({ pid = 0 }) => pid);
const untilGone = (pids: readonly number[]) => until(async () => !pids.some(isAlive));

/** Number of times that the store that the workers share was too slow. */
const countTroubles = (serving: Serving): number =>
  serving.logged('token store of the workers failed').length +
  serving.logged('token store of the workers unavailable').length;

describe('grantgate serve with two workers, as built', () => {
  it('requests one token for any number of concurrent callers of both workers', async () => {
    const server = await startAuthorizationServer({ clients: [] });
    const serving = await startServing(
      { log: { level: 'debug' } },
      { callers: { plugin: { oAuthClientCredentials: { url: server.url } } } },
    );
    const agent = new Agent({ maxSockets: 400 });
    const words = 'token store of the workers';
    // On a machine that is too busy for the store to respond in time, each worker requests its own token: then another credential
    // is tried.
    const troubles = (): number => countTroubles(serving);
    let callers = 0;
    const id = await until(async () => {
      await until(async () =>
        [1, 2].every((worker) =>
          serving
            .logged(words)
            .filter((line) => line.worker === worker)
            .at(-1)
            ?.msg.endsWith(' available'),
        ),
      );
      const clientId = `client-${(callers += 1)}`;
      server.setClient({ clientId, clientSecret: 'secret', claims: {} });
      const [troublesBefore, foundBefore] = [troubles(), serving.logged('token found outside memory').length];
      const authorization = `Basic ${Buffer.from(`${clientId}:secret`).toString('base64')}`;
      const answers = await Promise.all(
        Array.from({ length: 400 }, () => visit(serving.url, agent, { authorization })),
      );
      expect(new Set(answers)).toEqual(new Set([200]));
      await serving.untilLogged('token found outside memory', foundBefore + 1);
      if (troubles() !== troublesBefore) return false;
      expect(server.tokenRequests.filter((request) => request.clientId === clientId)).toHaveLength(1);
      // Repeated if one worker took all connections.
      const found = serving.logged('token found outside memory').slice(foundBefore);
      return new Set(found.map(({ worker }) => worker)).size === 2 && clientId;
    });
    expect(id).toMatch(/^client-/);
    agent.destroy();
    await server.close();
  });

  it('sends no second token request from either worker before the time that the server named', async () => {
    const server = await startScriptedServer((response) => json(response, 429, {}, { 'retry-after': '600' }));
    const serving = await startServing({}, { callers: { plugin: { oAuthClientCredentials: { url: server.url } } } });
    // Each on its own connection: the primary hands connections to the workers in turn.
    const agent = new Agent();
    const limited = await until(async () => {
      const [before, sent, id] = [countTroubles(serving), server.requests.length, randomUUID()];
      const headers = { authorization: `Basic ${Buffer.from(`${id}:secret`).toString('base64')}` };
      for (let round = 0; round < 10; round += 1) expect(await visit(serving.url, agent, headers)).toBe(503);
      // On a machine that is too busy for the store to respond in time, each worker requests its own token.
      return countTroubles(serving) === before && { tokenRequests: server.requests.length - sent };
    });
    expect(limited).toEqual({ tokenRequests: 1 });
    await server.close();
  }); // prettier-ignore

  it('loses only the requests in flight in a killed worker, and replaces it', async () => {
    const serving = await startServing();
    const callers = startCallers(serving.url, 16);
    await callers.settle();
    const [victim = 0] = pidsOf(serving);
    process.kill(victim, 'SIGKILL');
    await serving.untilLogged('worker exited unexpectedly; restarting it', 1);
    await callers.settle();
    // Each caller has one connection at a time, and the end of a worker can close it once.
    const lost = callers.faults.length;
    expect(lost).toBeLessThanOrEqual(16);
    expect(callers.faults.filter((fault) => typeof fault === 'number')).toEqual([]);
    await serving.untilLogged('worker ready', 3);
    await callers.settle();
    await callers.stop();
    expect(callers.faults).toHaveLength(lost);
    expect(serving.logged('listening')).toHaveLength(1);
  });

  it('replaces its workers at SIGHUP under load without a lost request', async () => {
    const serving = await startServing();
    const before = pidsOf(serving);
    const callers = startCallers(serving.url, 4);
    await callers.settle();
    for (const round of [1, 2]) {
      serving.child.kill('SIGHUP');
      await serving.untilLogged('workers replaced', round);
      await callers.settle();
    }
    await untilGone(before);
    await callers.settle();
    await callers.stop();
    expect(callers.faults).toEqual([]);
    expect(pidsOf(serving)).toHaveLength(6);
    expect(serving.logged('exited unexpectedly')).toEqual([]);
  });

  it('finishes requests in flight at SIGTERM, and exits 0 with all of its processes', async () => {
    const serving = await startServing();
    const agent = new Agent();
    const answers = Array.from({ length: 8 }, () => visit(`${serving.url}/held`, agent));
    await until(async () => held.length === 8);
    serving.child.kill('SIGTERM');
    // The first line is from the primary itself.
    await serving.untilLogged('shutting down', 3);
    held.splice(0).forEach((response) => response.end('late'));
    expect(await Promise.all(answers)).toEqual(answers.map(() => 200));
    expect(await serving.ended).toBe(0);
    expect(serving.logged('"msg":"stopped"')).toHaveLength(3);
    await untilGone(pidsOf(serving));
    expect(await serving.stderr).not.toContain('node:internal');
  });

  it('stops at once, with its workers, at a second SIGTERM', async () => {
    const serving = await startServing();
    void visit(`${serving.url}/held`, new Agent());
    await until(async () => held.length === 1);
    serving.child.kill('SIGTERM');
    await serving.untilLogged('shutting down', 3);
    serving.child.kill('SIGTERM');
    expect(await serving.ended).toBe(143);
    await untilGone(pidsOf(serving));
  });

  it('leaves no worker behind when it is killed itself', async () => {
    const serving = await startServing();
    serving.child.kill('SIGKILL');
    await untilGone(pidsOf(serving));
    expect(pidsOf(serving).filter(isAlive)).toEqual([]);
    expect(await serving.ended).toBe('SIGKILL');
  });

  it('reports once that its address is taken, and exits 1', async () => {
    const served = start({ entryPoints: { web: { address: `127.0.0.1:${upstreamPort()}` } } });
    expect(await served.ended).toBe(1);
    const errors = (await served.stderr)
      .split('\n')
      .filter((line) => /cannot listen|node:internal/.test(line));
    expect(errors).toEqual([
      `error: entry point web cannot listen on 127.0.0.1:${upstreamPort()} (EADDRINUSE) [address_unavailable]`,
    ]);
  });

  it('writes whole lines of both workers to one access log, and continues in a new file after SIGUSR1', async () => {
    const serving = await startServing({ accessLog: { format: 'json', filePath: 'access.log' } });
    const file = join(serving.folder, 'access.log');
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    let count = 0;
    const visitMany = (): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 300 }, () => visit(`${serving.url}/${'x'.repeat(300)}/${(count += 1)}`, agent)),
      );
    const linesOf = (path: string): string[] =>
      existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    await visitMany();
    renameSync(file, `${file}.1`);
    serving.child.kill('SIGUSR1');
    await until(async () => {
      await visitMany();
      return linesOf(file).length > 0;
    });
    const lines = await until(async () => {
      const all = [...linesOf(`${file}.1`), ...linesOf(file)];
      return all.length >= count && all;
    });
    const paths = lines.map((line) => (JSON.parse(line) as { RequestPath: string }).RequestPath);
    expect(new Set(paths.map((path) => Number(path.split('/').at(-1)))).size).toBe(count);
    expect(lines).toHaveLength(count);
    agent.destroy();
  });
});
