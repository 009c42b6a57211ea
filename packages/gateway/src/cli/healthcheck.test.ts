import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGateway } from '../compose.ts';
import { parseInstall } from '../config/parse-install.ts';
import { runHealthcheck } from './healthcheck.ts';
import { createTestIo, runCommand } from './io.testkit.ts';

let folder = '';
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(folder, { recursive: true });
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener): Promise<number> => listen(createServer(listener));

/** Runs the command with an install configuration. */
async function check(install: string): ReturnType<typeof runCommand> {
  await writeFile(join(folder, 'grantgate.yaml'), install);
  return runCommand(['healthcheck', '--config', 'grantgate.yaml'], { cwd: folder });
}

const withAdmin = (port: number, more = ''): string =>
  `entryPoints: { web: { address: ':1' }, admin: { address: ':${port}'${more} } }\nping: {}\nproviders: {}\n`;

describe('grantgate healthcheck', () => {
  it('requests /ping from the entry point that the option names', async () => {
    const port = await serve((_, response) => response.end('OK'));
    const install = `entryPoints: { admin: { address: ':1' }, probe: { address: ':${port}' } }\nping: { entryPoint: probe }\n`;
    expect(await check(install)).toMatchObject({ code: 0 });
  });

  it('exits 0 when the gateway responds to /ping', async () => {
    await writeFile(join(folder, 'routes.yaml'), 'http: {}');
    const { config } = parseInstall(
      `entryPoints: { admin: { address: '127.0.0.1:0' } }\nping: {}\nproviders: { file: { filename: routes.yaml } }\n`,
      join(folder, 'grantgate.yaml'),
    );
    const sink = { write() {}, reopen() {}, close: async () => {} };
    const gateway = await startGateway(config!, { env: {}, stdout: sink, stderr: sink });
    closing.push(() => gateway.drain());
    const port = gateway.addresses.get('admin')!.port;
    expect(await check(withAdmin(port))).toEqual({
      code: 0,
      stdout: `healthy: http://127.0.0.1:${port}/ping responded with 200\n`,
      stderr: '',
    });
  });

  it('sends its request over TLS, whatever the certificate', async () => {
    const { cert, key } = createTestAuthority().issue('elsewhere', ['elsewhere.example']);
    const server = createHttpsServer({ cert, key }, (_request, response) => response.end());
    const port = await listen(server);
    const tls = `, tls: { certificates: [{ certFile: a.pem, keyFile: a.key }] }`;
    expect(await check(withAdmin(port, tls))).toMatchObject({
      code: 0,
      stdout: `healthy: https://127.0.0.1:${port}/ping responded with 200\n`,
    });
  });

  it('exits 1 and names the status when the response is not 200', async () => {
    const port = await serve((_request, response) => void response.writeHead(404).end());
    expect(await check(withAdmin(port))).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: unhealthy: http://127.0.0.1:${port}/ping responded with 404\n`,
    });
  });

  it('exits 1 with the reason when nothing listens', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    expect(await check(withAdmin(port))).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: unhealthy: http://127.0.0.1:${port}/ping: connection refused\n`,
    });
  });

  it('exits 1 when no response comes in time', async () => {
    let accepted = (_socket: Socket): void => {};
    const connected = new Promise<Socket>((resolve) => (accepted = resolve));
    const port = await listen(createTcpServer((socket) => accepted(socket)));
    await writeFile(join(folder, 'grantgate.yaml'), withAdmin(port));
    const clock = createFakeClock();
    const io = createTestIo({ cwd: folder });
    const code = runHealthcheck({ config: 'grantgate.yaml' }, io, clock);
    const socket = await connected;
    closing.push(() => void socket.destroy());
    await clock.advance(5000);
    expect(await code).toBe(1);
    expect(io.written.stderr).toBe(
      `error: unhealthy: http://127.0.0.1:${port}/ping: no response within 5 s\n`,
    );
  });

  it('without ping, exits 0 when the first entry point accepts connections', async () => {
    const port = await listen(createTcpServer((socket) => void socket.end()));
    const install = `entryPoints: { web: { address: '0.0.0.0:${port}' } }\nproviders: {}\n`;
    expect(await check(install)).toEqual({
      code: 0,
      stdout: `healthy: 127.0.0.1:${port} accepts connections (ping is off)\n`,
      stderr: '',
    });
  });

  it('exits 1 when the port is only known to the gateway', async () => {
    expect(await check(withAdmin(0))).toMatchObject({
      code: 1,
      stderr: 'error: the entry point admin listens on a free port: set its port to check it\n',
    });
  });

  it('exits 1 when the configuration is missing: Docker reserves 2', async () => {
    expect(await runCommand(['healthcheck', '--config', 'nope.yaml'], { cwd: folder })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: nope.yaml cannot be read (ENOENT)\n',
    });
  });

  it('exits 1 and shows the problems of a configuration that is invalid', async () => {
    const { code, stderr } = await check('entryPoint: {}\n');
    expect(code).toBe(1);
    expect(stderr).toContain('grantgate.yaml:1:1: error: ');
  });
});
