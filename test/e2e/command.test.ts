import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import type { SingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import { startSingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import type { LoggingGateway, SharedGateways } from './shared-gateways.testkit.ts';
import {
  call,
  sharedEnv,
  sharedRoutes,
  startSharedGateways,
  storeTroubles,
  untilStore,
  whileStoresAreQuick,
} from './shared-gateways.testkit.ts';

// The built command in its own process: tests of its behaviour that tests in this process cannot observe.
const main = fileURLToPath(new URL('../../packages/gateway/bin/grantgate.cjs', import.meta.url));
let folder = '';
let children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Whole lines of standard output and error so far. */
  readonly lines: () => readonly string[];
  /** Waits until standard output or error contains it. */
  readonly shows: (pattern: RegExp) => Promise<RegExpExecArray>;
}

function start(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin: 'ignore' | number = 'ignore',
): Running {
  const child = spawn(process.execPath, [main, ...argv], {
    cwd: folder,
    // Temporary files go to a folder where the test can look for leftovers.
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  children.push(child);
  let seen = '';
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      watchers.forEach((check) => check());
    });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return {
    child,
    stdout: text(child.stdout),
    stderr: text(child.stderr),
    ended,
    lines: () => seen.split('\n').slice(0, -1),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = pattern.exec(seen);
          if (found === null) return;
          watchers.delete(check);
          resolve(found);
        };
        watchers.add(check);
        void ended.then(() => reject(new Error(`ended without showing ${String(pattern)}:\n${seen}`)));
        check();
      }),
  };
}

async function runToEnd(argv: readonly string[], env?: Readonly<Record<string, string>>) {
  const { ended, stdout, stderr } = start(argv, env);
  return { code: await ended, stdout: await stdout, stderr: await stderr };
}

async function startUpstream(): Promise<{
  server: Server;
  url: string;
  next: () => Promise<ServerResponse>;
}> {
  const server = createServer((_request, response) => void server.emit('arrived', response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const next = async () => (await once(server, 'arrived'))[0] as ServerResponse;
  return { server, url: `http://127.0.0.1:${port}`, next };
}

describe('grantgate demo, as built', () => {
  it('completes its tour, leaves nothing behind and exits 0', async () => {
    const { code, stdout, stderr } = await runToEnd(['demo', '--once', '--port', '0']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('5 of 5 responses as expected.\n');
    expect(stdout).not.toContain('oidc-provider WARNING');
    expect(stdout).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
    // No colours, because the output is not a terminal.
    expect(stdout).not.toContain('\u001b');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('runs until %s, then exits 0', async (signal) => {
    const { child, shows, ended } = start(['demo', '--port', '0']);
    const [, gateway = ''] = await shows(/gateway +(http:\S+)[^]*Ctrl-C/);
    const { statusCode, body } = await request(`${gateway}/app`, {
      headers: { authorization: `Basic ${Buffer.from('orders:orders-secret').toString('base64')}` },
    });
    await body.dump();
    expect(statusCode).toBe(200);
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('grantgate serve, as built', () => {
  it('finishes requests in flight at SIGTERM, accepts no new ones, and exits 0', async () => {
    const upstream = await startUpstream();
    writeFileSync(
      join(folder, 'routes.yaml'),
      `http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: up } }
  services: { up: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } } }
`,
    );
    writeFileSync(
      join(folder, 'grantgate.yaml'),
      'entryPoints: { web: { address: "127.0.0.1:0" } }\nproviders: { file: { filename: routes.yaml } }\naccessLog: {}\n',
    );
    const served = start(['serve', '--config', 'grantgate.yaml']);
    const port = Number((await served.shows(/"port":(\d+)/))[1]);
    const arrived = upstream.next();
    const answer = request(`http://127.0.0.1:${port}/slow`);
    const response = await arrived;
    response.write('first, ');
    served.child.kill('SIGTERM');
    await served.shows(/"msg":"shutting down"/);
    const late = connect(port, '127.0.0.1');
    // It is reset if it arrived between the line in the log and the end of the listener.
    expect(await once(late, 'error').then(([error]) => (error as NodeJS.ErrnoException).code)).toMatch(
      /^ECONN(?:REFUSED|RESET)$/,
    );
    response.end('last');
    const { statusCode, body } = await answer;
    expect({ statusCode, body: await body.text() }).toEqual({ statusCode: 200, body: 'first, last' });
    expect(await served.ended).toBe(0);
    expect(await served.stdout).toContain('"GET /slow HTTP/1.1" 200');
    expect(await served.stderr).toContain('"msg":"stopped"');
    upstream.server.close();
  });
});

describe('grantgate serve with a shared store, as built', () => {
  let fleet: SharedGateways;
  let redis: SingleRedis;
  beforeAll(async () => {
    fleet = await startSharedGateways();
    redis = await startSingleRedis();
  });
  afterAll(async () => {
    await redis.close();
    await fleet.close();
  });

  interface FleetMember extends LoggingGateway {
    readonly url: string;
    readonly kill: () => void;
  }
  /** Starts a gateway in its own process, and waits until it can use the store. */
  async function joinFleet(): Promise<FleetMember> {
    const { server, upstream } = fleet;
    writeFileSync(join(folder, 'routes.yaml'), sharedRoutes(server.url, upstream.url, redis.options, 'gg:'));
    writeFileSync(
      join(folder, 'grantgate.yaml'),
      'entryPoints: { web: { address: "127.0.0.1:0" } }\nproviders: { file: { filename: routes.yaml } }\nlog: { level: debug }\n',
    );
    const { child, lines, shows } = start(['serve', '--config', 'grantgate.yaml'], sharedEnv);
    const [, port = ''] = await shows(/"port":(\d+)/);
    const joined = {
      url: `http://127.0.0.1:${port}`,
      log: { lines },
      kill: () => void child.kill('SIGKILL'),
    };
    await untilStore(joined, 'available');
    return joined;
  }

  it('requests one token for any number of concurrent callers of two processes', async () => {
    const gateways = [await joinFleet(), await joinFleet()] as const;
    const { id } = await whileStoresAreQuick(
      () => gateways,
      async () => {
        const caller = fleet.createCaller();
        const statuses = await Promise.all(
          Array.from({ length: 400 }, (_, index) => call(gateways[index % 2 === 0 ? 0 : 1], caller)),
        );
        expect(new Set(statuses)).toEqual(new Set([200]));
        return caller;
      },
    );
    expect(fleet.tokenRequestsOf(id)).toBe(1);
  });

  it('continues after the process that requests the token is killed, once its lock has expired', async () => {
    const [one, two] = [await joinFleet(), await joinFleet()];
    const release = fleet.server.hold();
    const lockOf = async (): Promise<string | undefined> =>
      ((await redis.server.command('KEYS', '*:lock')) as string[])[0];
    const logged = ({ log }: FleetMember, text: string): number =>
      log.lines().filter((line) => line.includes(text)).length;
    // While the store is slow, no lock can be taken: then another credential is tried.
    const { caller, lock, asked } = await until(async () => {
      await untilStore(one, 'available');
      const askedBefore = fleet.server.received();
      const candidate = fleet.createCaller();
      const before = storeTroubles(one).length;
      // The response never arrives, because its process was killed.
      call(one, candidate).catch(() => {});
      const name = await until(
        async () => (await lockOf()) ?? (storeTroubles(one).length > before && 'none'),
      );
      const askedNow = await until(() => fleet.server.received() > askedBefore && fleet.server.received());
      return name !== 'none' && { caller: candidate, lock: name, asked: askedNow };
    });
    const before = logged(two, '"operation":"lock"');
    const answer = call(two, caller);
    await until(() => logged(two, '"operation":"lock"') > before || storeTroubles(two).length > 0);
    expect(fleet.server.received()).toBe(asked);
    one.kill();
    release();
    // No process extends it any more: the delay is its remaining time, or -2 if it has ended meanwhile.
    const leftMs = Number(await redis.server.command('PTTL', lock));
    expect(leftMs).toBeLessThanOrEqual(5_000);
    expect(await answer).toBe(200);
    expect(fleet.server.received()).toBe(asked + 1);
    // Unless its own store was too slow for waiting.
    const waited = logged(two, 'waited for a token requested by another process') === 1;
    expect(waited || storeTroubles(two).length > 0).toBe(true);
  });
});

it('grantgate serve reports only that its log cannot be opened, and exits 1', async () => {
  writeFileSync(
    join(folder, 'grantgate.yaml'),
    'entryPoints: { web: { address: "127.0.0.1:0" } }\naccessLog: { filePath: . }\n',
  );
  const { code, stderr } = await runToEnd(['serve', '--config', 'grantgate.yaml']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: cannot open the access log \S+ \(EISDIR\) \[log_unavailable\]\n$/);
});

describe('grantgate token, as built', () => {
  it('waits for the next attempt although nothing else keeps the process running', async () => {
    const { server, url } = await startUpstream();
    // Nothing listens there any more: no connection is open while it waits.
    server.close();
    await once(server, 'close');
    writeFileSync(
      join(folder, 'routes.yaml'),
      `http: { middlewares: { creds: { plugin: { oAuthClientCredentials: { url: "${url}/token" } } } } }`,
    );
    const { code, stdout, stderr } = await runToEnd(['token', 'creds', 'routes.yaml', '--client-id', 'a'], {
      GRANTGATE_CLIENT_SECRET: 'b',
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('refused  503 authorization_server_unavailable: ');
  });
});

describe('standard input of the command, as built', () => {
  it('ends the command with an error when it is too long', async () => {
    const descriptor = openSync('/dev/zero', 'r');
    const { ended, stderr } = start(['claims', 'Equals(`a`, `b`)', '--claims', '-'], {}, descriptor);
    closeSync(descriptor);
    expect(await ended).toBe(2);
    expect(await stderr).toBe('error: standard input has more than 1 MiB: expected at most 1 MiB\n');
  });
});

describe('exit codes of the command, as built', () => {
  it.each([
    [0, ['--version']],
    [0, ['serve', '--help']],
    [0, ['check', 'good.yaml']],
    [1, ['check', 'bad.yaml']],
    [2, ['check']],
    [0, ['claims', 'Equals(`a`, `b`)', '--claims', 'claims.json']],
    [1, ['claims', 'Equals(`a`, `c`)', '--claims', 'claims.json']],
    [2, ['claims', 'Equals(', '--claims', 'claims.json']],
    [2, ['serve']],
    [1, ['serve', '--config', 'bad-install.yaml']],
    [2, ['token', 'nobody', 'good.yaml']],
    [0, ['schema']],
    [2, ['schema', 'nothing']],
    [2, ['nothing']],
  ])('%i for %j', async (expected, argv) => {
    writeFileSync(join(folder, 'good.yaml'), 'http: {}\n');
    writeFileSync(join(folder, 'bad.yaml'), 'nonsense: 1\n');
    writeFileSync(join(folder, 'bad-install.yaml'), 'entryPoints: 1\n');
    writeFileSync(join(folder, 'claims.json'), '{"a":"b"}');
    const { code, stdout, stderr } = await runToEnd(argv);
    expect({ code, stdout, stderr }).toMatchObject({ code: expected });
    // An uncaught error would exit with 1 as well.
    expect(stderr).not.toContain('node:internal');
  });
});
