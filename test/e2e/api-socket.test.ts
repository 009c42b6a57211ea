import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerResponse } from './workers.testkit.ts';
import { serve } from './workers.testkit.ts';

const command = fileURLToPath(new URL('../../packages/gateway/bin/grantgate.cjs', import.meta.url));
const opened: WorkerResponse[] = [];
afterEach(() => opened.splice(0).forEach((served) => served.close()));

const newSocket = (): string => join(mkdtempSync(join(tmpdir(), 'grantgate-')), 'api.sock');

/** A gateway with a reachable entry point `admin` and the API only on a socket. */
async function start(workers: number, socket: string) {
  const served = serve(
    {
      entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: '0.0.0.0:0' } },
      api: { socket },
      workers,
    },
    { http: { routers: {}, services: {} } },
  );
  opened.push(served);
  await served.untilLogged('listening', 2);
  if (workers > 1) await served.untilLogged('worker ready', workers);
  const send = async (path: string, method = 'GET', body = '') => {
    const sent = request({ socketPath: socket, path, method, agent: false }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  };
  const port = served.logged('listening').find(({ entryPoint }) => entryPoint === 'admin')!.port!;
  return { served, send, admin: `http://127.0.0.1:${port}` };
}

describe.each([1, 2])('the socket of the API with %i workers', (workers) => {
  it('serves reads and actions to the owner without a token, and the entry point does not', async () => {
    const socket = newSocket();
    const { served, send, admin } = await start(workers, socket);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    const overview = await send('/api/overview');
    expect(overview.status).toBe(200);
    expect(JSON.parse(overview.body)).toMatchObject({ workers: { configured: workers, replied: workers } });
    expect(await send('/api/tokens/purge?all=true', 'POST')).toMatchObject({ status: 404 });
    expect(await send('/api/log/level', 'POST', '{"level":"debug"}')).toMatchObject({ status: 200 });
    expect((await send('/api/nothing')).status).toBe(404);
    expect((await send('/')).status).toBe(404);
    for (const path of ['/api/overview', '/api/log/level', '/dashboard/'])
      expect((await fetch(`${admin}${path}`)).status).toBe(404);
    expect(await send('/api/drain', 'POST')).toMatchObject({ status: 202 });
    await served.untilLogged('stopped', 1);
  });

  it('replaces a socket that an earlier gateway left behind', async () => {
    const socket = newSocket();
    // A killed process does not remove the socket.
    const left = promisify(execFile)(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    await expect(left).rejects.toMatchObject({ signal: 'SIGKILL' });
    const { send } = await start(workers, socket);
    expect((await send('/api/version')).status).toBe(200);
  });
});

describe('the commands over the socket', () => {
  it.each([
    ['status', '--json'],
    ['explain', 'http://api.example.com/', '--json'],
    ['tokens', '--json'],
  ])('%s reads the API', async (...args) => {
    const socket = newSocket();
    await start(1, socket);
    const run = promisify(execFile)(process.execPath, [command, ...args, '--api', `unix:${socket}`]);
    const { stdout } = await run.catch((failed: unknown) => failed as { readonly stdout: string });
    expect(JSON.parse(stdout)).toBeTypeOf('object');
  });

  it('report that no process listens', async () => {
    const socket = newSocket();
    const run = promisify(execFile)(process.execPath, [command, 'status', '--api', `unix:${socket}`]);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${socket}: /api/overview`) as string,
    });
  });
});

describe('a socket on which another process listens', () => {
  it('stays with that process', async () => {
    const socket = newSocket();
    const other = createServer().listen(socket);
    await once(other, 'listening');
    const served = serve(
      { entryPoints: { admin: { address: '127.0.0.1:0' } }, api: { socket } },
      { http: { routers: {}, services: {} } },
    );
    opened.push(served);
    expect(await served.stderr).toContain(`api.socket: cannot listen on ${socket}`);
    other.close();
  });
});
