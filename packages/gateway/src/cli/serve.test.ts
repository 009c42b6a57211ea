import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { createFifo } from '../files/special-files.testkit.ts';
import type { TestIo } from './io.testkit.ts';
import { createTestIo, runCommand } from './io.testkit.ts';
import { run } from './run.ts';

let folder = '';
let upstream: Server;
let responses: ServerResponse[] = [];
let arrived: (() => void) | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  responses = [];
  upstream = createServer((_request, response) => {
    responses.push(response);
    arrived?.();
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  writeFileSync(
    join(folder, 'routes.yaml'),
    `http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: up } }
  services: { up: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${port}" }] } } }
`,
  );
  writeFileSync(
    join(folder, 'grantgate.yaml'),
    'entryPoints: { web: { address: "127.0.0.1:0" } }\nproviders: { file: { filename: routes.yaml } }\naccessLog: {}\n',
  );
});
afterEach(() => {
  upstream.closeAllConnections();
  upstream.close();
  rmSync(folder, { recursive: true });
});

interface ServeRun {
  readonly io: TestIo;
  readonly url: string;
  readonly code: Promise<number>;
}

async function serve(): Promise<ServeRun> {
  let onPort = (_port: string): void => {};
  const port = new Promise<string>((resolve) => (onPort = resolve));
  const io = createTestIo({
    cwd: folder,
    onWrite(text) {
      const found = /"port":(\d+)/.exec(text)?.[1];
      if (found !== undefined) onPort(found);
    },
  });
  const code = run(['serve', '--config', 'grantgate.yaml'], io);
  return { io, code, url: `http://127.0.0.1:${await port}/` };
}

describe('grantgate serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('finishes requests in flight at %s and exits 0', async (signal) => {
    const { io, url, code } = await serve();
    const inFlight = new Promise<void>((resolve) => (arrived = resolve));
    const answer = request(url);
    await inFlight;
    io.signal(signal);
    responses[0]?.end('late');
    const { statusCode, body } = await answer;
    expect({ statusCode, body: await body.text() }).toEqual({ statusCode: 200, body: 'late' });
    expect(await code).toBe(0);
    expect(io.exits).toEqual([]);
    expect(io.written.stdout).toContain('"GET / HTTP/1.1" 200');
    expect(io.written.stderr).toContain('"msg":"stopped"');
  });

  it.each([['SIGTERM', 143], ['SIGINT', 130]] as const)('stops at once at a second %s, with exit code %i', async (signal, exit) => {
    const { io, url, code } = await serve();
    const inFlight = new Promise<void>((resolve) => (arrived = resolve));
    const answer = request(url);
    await inFlight;
    io.signal('SIGTERM');
    expect(io.exits).toEqual([]);
    io.signal(signal);
    expect(io.exits).toEqual([exit]);
    responses[0]?.end();
    await (await answer).body.dump();
    await code;
  }); // prettier-ignore

  it('exits 1 when its address is in use, and names it', async () => {
    const { port } = upstream.address() as AddressInfo;
    writeFileSync(join(folder, 'grantgate.yaml'), `entryPoints: { web: { address: "127.0.0.1:${port}" } }\n`);
    const { code, stderr } = await runCommand(['serve', '--config', 'grantgate.yaml'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain(
      `error: entry point web cannot listen on 127.0.0.1:${port} (EADDRINUSE) [address_unavailable]`,
    );
  });

  it.each([
    ['nowhere', 'cannot be read (ENOENT)'],
    ['empty', 'contains no file of routes: expected .yaml, .yml, .toml, .json'],
    ['others', 'contains no file of routes: expected .yaml, .yml, .toml, .json'],
    ['blank/blank.yaml', 'is empty: expected routes'],
    ['comments.yaml', 'is empty: expected routes'],
    ['others/notes.txt', 'expected a file of routes: .yaml, .yml, .toml, .json'],
    ['fifo.yaml', 'is a FIFO: expected a regular file of at most 64 MiB'],
  ])('exits 1 when it is started with %s, which leads to no routes', async (path, message) => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'others', 'deep'), { recursive: true });
    mkdirSync(join(folder, 'blank'));
    writeFileSync(join(folder, 'others', 'notes.txt'), 'http: {}');
    writeFileSync(join(folder, 'others', '.hidden.yaml'), 'http: {}');
    writeFileSync(join(folder, 'blank', 'blank.yaml'), ' \n');
    writeFileSync(join(folder, 'comments.yaml'), '---\n# nothing\n  # yet\n');
    createFifo(join(folder, 'fifo.yaml'));
    const expected = `error: no routes: ${join(folder, path)} ${message} [routes_unavailable]\n`;
    const started = await runCommand(['serve', path], { cwd: folder });
    expect(started).toMatchObject({ code: 1, stderr: expected });
    // It is a mistake even in addition to valid routes.
    expect(await runCommand(['serve', 'routes.yaml', path], { cwd: folder })).toMatchObject({
      code: 1,
      stderr: expected,
    });
    const checked = await runCommand(['check', path, '--json'], { cwd: folder });
    expect(checked.code).toBe(1);
    const { problems } = JSON.parse(checked.stdout) as { problems: readonly unknown[] };
    expect(problems).toContainEqual(expect.objectContaining({ file: path, severity: 'error', message }));
  });

  it('exits 1 when it is started with an install configuration instead of routes', async () => {
    expect(await runCommand(['serve', 'routes.yaml', 'grantgate.yaml'], { cwd: folder })).toMatchObject({
      code: 1,
      stderr: `error: no routes: ${join(folder, 'grantgate.yaml')} is an install configuration, not a file of routes: pass it with --config [routes_unavailable]\n`,
    });
  });

  it.each(['serve', 'check'])('reports for %s --config that the file contains routes', async (command) => {
    writeFileSync(
      join(folder, 'manifest.yaml'),
      'apiVersion: v1\nkind: Secret\n---\napiVersion: v1\nkind: Secret\n',
    );
    for (const file of ['routes.yaml', 'manifest.yaml']) {
      const { code, stdout, stderr } = await runCommand([command, '--config', file], { cwd: folder });
      expect(code).toBe(1);
      expect(stdout + stderr).toContain(
        `${file}:1:1: error: this is a file of routes, not an install configuration: pass it without --config, as in grantgate serve ${file} [routes_file]`,
      );
    }
  });

  it('exits 1 when its configuration is broken, with every problem', async () => {
    writeFileSync(join(folder, 'grantgate.yaml'), 'entryPoint: {}\nlog: { level: loud }\n');
    const { code, stderr } = await runCommand(['serve', '--config', 'grantgate.yaml'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain('grantgate.yaml:1:1: error: entryPoint: unknown option');
    expect(stderr).toContain('grantgate.yaml:2:15: error: log.level: expected one of');
  });

  it.each([[[]], [['routes.yaml', '--config', 'grantgate.yaml']]])('exits 2 for %j', async (argv) => {
    const { code, stderr } = await runCommand(['serve', ...argv], { cwd: folder });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: expected either paths of routes or --config FILE\n',
    });
  });

  it.each(['0', 'all', '1.5', '257', ''])('exits 2 for --workers %s', async (workers) => {
    const argv = ['serve', 'routes.yaml', '--workers', workers];
    expect(await runCommand(argv, { cwd: folder })).toMatchObject({
      code: 2,
      stderr: 'error: --workers: expected auto or a whole number from 1 to 256\n',
    });
  });
});

describe('grantgate serve for a proxy beside', () => {
  /** Serves until the test has finished; the ports come from the log, by entry point. */
  async function servePorts(
    argv: readonly string[],
    use: (ports: Readonly<Record<string, string>>) => Promise<void>,
  ): Promise<void> {
    const wanted = argv.filter((arg) => arg.startsWith('--')).length;
    const ports: Record<string, string> = {};
    let onPorts = (): void => {};
    const listening = new Promise<void>((resolve) => (onPorts = resolve));
    const io = createTestIo({
      cwd: folder,
      onWrite(text) {
        for (const line of text.split('\n').filter((one) => one.includes('"port":'))) {
          const { entryPoint, port } = JSON.parse(line) as { entryPoint: string; port: number };
          ports[entryPoint] = String(port);
        }
        if (Object.keys(ports).length >= wanted) onPorts();
      },
    });
    const code = run(['serve', 'routes.yaml', ...argv], io);
    await Promise.race([
      listening,
      code.then((ended) => Promise.reject(new Error(`exit code ${ended}: ${io.written.stderr}`))),
    ]);
    await use(ports);
    io.signal('SIGTERM');
    expect(await code).toBe(0);
  }

  beforeEach(() => {
    writeFileSync(
      join(folder, 'routes.yaml'),
      'http: { middlewares: { orders: { plugin: { oAuthClientCredentials: { url: "https://a.example/token" } } } } }\n',
    );
  });

  it('serves forward-auth at --forward-auth, and no routes', async () => {
    await servePorts(['--forward-auth', '127.0.0.1:0'], async (ports) => {
      expect(Object.keys(ports)).toEqual(['forwardAuth']);
      const ask = async (path: string) => {
        const { statusCode, body } = await request(`http://127.0.0.1:${ports['forwardAuth']}${path}`);
        const { code } = (await body.json()) as { readonly code: string };
        return [statusCode, code];
      };
      expect(await ask('/forward-auth/orders')).toEqual([401, 'credentials_missing']);
      expect(await ask('/forward-auth/others')).toEqual([404, 'middleware_unknown']);
    });
  });

  it('serves both at once, with ext_authz over gRPC at --ext-authz', async () => {
    await servePorts(['--ext-authz', '127.0.0.1:0', '--forward-auth', '127.0.0.1:0'], async (ports) => {
      expect(Object.keys(ports).sort()).toEqual(['extAuthz', 'forwardAuth']);
      const client = new Client(`127.0.0.1:${ports['extAuthz']}`, credentials.createInsecure());
      const serving = await new Promise<Buffer | undefined>((resolve, reject) => {
        client.makeUnaryRequest(
          '/grpc.health.v1.Health/Check',
          (message: Buffer) => message,
          (message: Buffer) => message,
          Buffer.alloc(0),
          (error, answer) => (error === null ? resolve(answer) : reject(error)),
        );
      });
      expect(serving).toEqual(Buffer.from([0x08, 1]));
      client.close();
    });
  });

  it.each(['--forward-auth', '--ext-authz'])('exits 2 for %s with an invalid address', async (flag) => {
    for (const address of ['', 'localhost', '127.0.0.1:x', '::1:9000', ':70000'])
      expect(await runCommand(['serve', 'routes.yaml', flag, address], { cwd: folder })).toMatchObject({
        code: 2,
        stderr: `error: ${flag}: expected host:port, :port or [IPv6 address]:port\n`,
      });
  });

  it('exits 2 when both have one address', async () => {
    const argv = ['serve', 'routes.yaml', '--forward-auth', '127.0.0.1:9000', '--ext-authz', ':9000'];
    expect(await runCommand(argv, { cwd: folder })).toMatchObject({
      code: 2,
      stderr: 'error: --forward-auth 127.0.0.1:9000 and --ext-authz :9000 conflict: give each its own port\n',
    });
  });

  it.each(['--forward-auth', '--ext-authz'])('exits 2 for %s beside --config', async (flag) => {
    const argv = ['serve', '--config', 'grantgate.yaml', flag, '127.0.0.1:0'];
    expect(await runCommand(argv, { cwd: folder })).toMatchObject({
      code: 2,
      stderr:
        'error: with --config FILE, the file configures entry points: use forwardAuth or extAuthz there\n',
    });
  });
});

describe('an entry point that cannot be opened', () => {
  const kinds = [
    ['', ''],
    [', forwardAuth: {}', ''],
    [', extAuthz: {}', ''],
  ] as const;

  it.each(kinds)('with %j reports that its address is unavailable', async (kind) => {
    const { port } = upstream.address() as AddressInfo;
    for (const [host, taken, code] of [
      ['127.0.0.1', port, 'EADDRINUSE'],
      // Of a network for documentation (RFC 5737), which no machine has.
      ['192.0.2.1', 0, 'EADDRNOTAVAIL'],
      ['nowhere.invalid', 0, '(ENOTFOUND|EAI_AGAIN)'],
    ] as const) {
      const file = `entryPoints: { one: { address: "${host}:${taken}"${kind} } }\n`;
      writeFileSync(join(folder, 'grantgate.yaml'), file);
      const { code: exit, stderr } = await runCommand(['serve', '--config', 'grantgate.yaml'], {
        cwd: folder,
      });
      expect(exit).toBe(1);
      expect(stderr).toMatch(
        new RegExp(
          `error: entry point one cannot listen on ${host}:${taken} \\(${code}\\) \\[address_unavailable\\]`,
        ),
      );
    }
  });

  it.each(['--ext-authz', '--forward-auth'])(
    'by %s reports that its address is unavailable',
    async (flag) => {
      const { port } = upstream.address() as AddressInfo;
      const argv = ['serve', 'routes.yaml', flag, `127.0.0.1:${port}`];
      const { code, stderr } = await runCommand(argv, { cwd: folder });
      expect(code).toBe(1);
      expect(stderr).toContain(`cannot listen on 127.0.0.1:${port} (EADDRINUSE) [address_unavailable]`);
    },
  );

  it.each(kinds)('with %j reports the fault of its certificate', async (kind) => {
    const authority = createTestAuthority('An authority');
    const [right, other] = ['a.example', 'b.example'].map((name) => authority.issue(name));
    const files = { cert: right!.cert, key: right!.key, other: other!.key, text: 'no PEM', empty: '' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    for (const [certFile, keyFile, message] of [
      ['text', 'key', `certFile: the file ${join(folder, 'text')} contains no PEM certificate`],
      ['empty', 'key', `certFile: the file ${join(folder, 'empty')} contains no PEM certificate`],
      ['key', 'key', `certFile: the file ${join(folder, 'key')} contains no PEM certificate`],
      ['cert', 'text', `keyFile: the file ${join(folder, 'text')} contains no PEM private key`],
      ['cert', 'cert', `keyFile: the file ${join(folder, 'cert')} contains no PEM private key`],
      ['cert', 'other', 'does not match the certificate in'],
      ['nowhere', 'key', `certFile: the file ${join(folder, 'nowhere')} cannot be read (ENOENT)`],
    ] as const) {
      const tls = `tls: { certificates: [{ certFile: ${certFile}, keyFile: ${keyFile} }] }`;
      const file = `entryPoints: { one: { address: "127.0.0.1:0", ${tls}${kind} } }\n`;
      writeFileSync(join(folder, 'grantgate.yaml'), file);
      const { code, stderr } = await runCommand(['serve', '--config', 'grantgate.yaml'], { cwd: folder });
      expect(code).toBe(1);
      expect(stderr).toContain('error: entryPoints.one.tls.certificates[0]');
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/\[certificate_invalid\]\n$/);
      expect(stderr).not.toContain('PRIVATE KEY');
    }
  });
});
