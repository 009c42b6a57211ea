import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../packages/testkit/src/authorization-server.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { startEchoServer, type Echo, type EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { openHttp2 } from '../../packages/testkit/src/http2-client.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

const run = promisify(execFile);
const has = async (program: string): Promise<boolean> =>
  run(program, ['--version']).then(
    () => true,
    () => false,
  );
const programs = { curl: await has('curl'), nghttp: await has('nghttp'), h2load: await has('h2load') };
/** A distribution may build the program without HTTP/2. */
const curlHasHttp2 = programs.curl && (await run('curl', ['--version'])).stdout.includes('HTTP2');

const authority = createTestAuthority();
const credentials = `Basic ${Buffer.from('alice:alice-secret').toString('base64')}`;
const bodyBytes = 3 * 1024 * 1024;

let folder: string;
let tokens: AuthorizationServer;
let service: EchoServer;
let gateway: TestGateway;
/** Origins by the way in which a connection becomes HTTP/2. */
const origins = { 'prior knowledge': '', 'TLS and ALPN': '' };
const transports = Object.keys(origins) as (keyof typeof origins)[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-clients-'));
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  await writeFile(join(folder, 'body'), randomBytes(bodyBytes));
  tokens = await startAuthorizationServer({ clients: [{ clientId: 'alice', clientSecret: 'alice-secret' }] });
  service = await startEchoServer();
  const { cert, key } = authority.issue('localhost', ['localhost']);
  gateway = await startTestGateway({
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  websecure: { address: "127.0.0.1:0", http: { tls: {} } }
accessLog: { format: json }
`,
    routes: {
      'routes.yaml': `
http:
  routers: { all: { rule: "PathPrefix(\`/\`)", middlewares: [auth], service: echo } }
  middlewares: { auth: { plugin: { oAuthClientCredentials: { url: "${tokens.url}" } } } }
  services: { echo: { loadBalancer: { servers: [{ url: "${service.url}" }] } } }
tls: { certificates: [{ certFile: ${JSON.stringify(cert)}, keyFile: ${JSON.stringify(key)} }] }
`,
    },
  });
  origins['prior knowledge'] = gateway.url.replace('127.0.0.1', 'localhost');
  origins['TLS and ALPN'] = gateway.urlOf('websecure').replace('127.0.0.1', 'localhost');
});
afterAll(async () => {
  await gateway.close();
  await service.close();
  await tokens.close();
  await rm(folder, { recursive: true, force: true });
});

const lastLine = (): unknown => JSON.parse(gateway.accessLog.lines().at(-1) ?? '{}');

describe.runIf(curlHasHttp2).each(transports)('curl by %s', (transport) => {
  const curl = async (path: string, ...options: readonly string[]): Promise<string> => {
    const how = transport === 'TLS and ALPN' ? '--http2' : '--http2-prior-knowledge';
    const { stdout } = await run('curl', [
      ...['-sS', '--cacert', join(folder, 'ca.pem'), how, '--ipv4'],
      ...['-w', '\n%{http_version} %{http_code} %{num_connects}', ...options],
      `${origins[transport]}${path}`,
    ]);
    return stdout;
  };

  it('gets a response, which the access log shows as HTTP/2', async () => {
    expect(await curl('/a?b=c', '-u', 'alice:alice-secret')).toMatch(/"url":"\/a\?b=c"[^]*\n2 200 1$/);
    expect(lastLine()).toMatchObject({ RequestProtocol: 'HTTP/2.0', DownstreamStatus: 200 });
  });

  it('is refused without credentials', async () => {
    expect(await curl('/')).toMatch(/"credentials_missing"[^]*\n2 401 1$/);
  });

  it('sends a body of 3 MiB, with and without its length', async () => {
    const upload = ['-u', 'alice:alice-secret', '-T', join(folder, 'body')];
    expect(await curl('/', ...upload)).toContain(`"bodyBytes":${bodyBytes}`);
    expect(await curl('/', ...upload, '-H', 'Content-Length:')).toContain(`"bodyBytes":${bodyBytes}`);
    expect(await curl('/', ...upload, '-H', 'Expect: 100-continue')).toContain(`"bodyBytes":${bodyBytes}`);
  });

  it('gets the head of a response to HEAD', async () => {
    expect(await curl('/', '-u', 'alice:alice-secret', '-I')).toMatch(/^HTTP\/2 200 [^]*\n2 200 1$/);
  });

  // With prior knowledge, curl 7.88 fails with any server.
  it.runIf(transport === 'TLS and ALPN')('sends many requests at once on one connection', async () => {
    const urls = Array.from({ length: 40 }, (_, index) => `${origins[transport]}/${index}`);
    const { stdout } = await run('curl', [
      ...['-sS', '-Z', '--parallel-max', '40', '--cacert', join(folder, 'ca.pem'), '--ipv4'],
      ...['--http2', '-u', 'alice:alice-secret', '-w', '\n%{http_version} %{http_code}\n', ...urls],
    ]);
    expect(stdout.match(/^2 200$/gm)).toHaveLength(40);
  });
});

describe.runIf(curlHasHttp2)('curl', () => {
  it('gets HTTP/1.1 when it asks for an upgrade to HTTP/2, or for HTTP/1.1 by ALPN', async () => {
    const options = [
      '-sS',
      '-u',
      'alice:alice-secret',
      '--ipv4',
      '-o',
      '/dev/null',
      '-w',
      '%{http_version} %{http_code}',
    ];
    expect((await run('curl', [...options, '--http2', origins['prior knowledge']])).stdout).toBe('1.1 200');
    const ca = ['--cacert', join(folder, 'ca.pem')];
    expect((await run('curl', [...options, ...ca, '--http1.1', origins['TLS and ALPN']])).stdout).toBe(
      '1.1 200',
    );
  });
});

describe.runIf(programs.nghttp).each(transports)('nghttp by %s', (transport) => {
  const nghttp = async (...options: readonly string[]): Promise<string> => {
    const { stdout } = await run(
      'nghttp',
      ['-y', '-H', `authorization: ${credentials}`, ...options, origins[transport]],
      {
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    return stdout;
  };

  it.each<[string, readonly string[]]>([
    ['gets a response', []],
    ['pads its frames', ['-b', '255']],
    ['has no table for the headers of responses', ['-c', '0']],
    ['changes the size of its table for headers', ['-c', '4096', '-c', '0', '-c', '65536']],
    ['has none for those of requests', ['--encoder-header-table-size=0']],
    ['has small windows', ['-w', '1', '-W', '14']],
    ['has large windows', ['-w', '30', '-W', '30']],
    ['takes one stream from the server', ['-M', '1']],
    ['sends no priorities', ['--no-dep', '--no-rfc7540-pri']],
  ])('%s', async (_, options) => {
    expect(await nghttp(...options)).toContain('"method":"GET"');
  });

  it.each<[string, readonly string[]]>([
    ['with its length', []],
    ['without its length', ['--no-content-length']],
    ['after 100 Continue', ['--expect-continue']],
    ['with trailers', ['--trailer=x-digest: abc']],
    ['with padding', ['-b', '100']],
  ])('sends a body of 3 MiB %s', async (_, options) => {
    expect(await nghttp('-d', join(folder, 'body'), ...options)).toContain(`"bodyBytes":${bodyBytes}`);
  });

  it('is refused a head of several frames that is too large', async () => {
    expect(await nghttp('--continuation')).toContain('"code":"request_head_too_large"');
  });

  it('sends one request many times at once', async () => {
    const shown = await nghttp('-m', '100');
    expect(shown.match(/"method":"GET"/g)).toHaveLength(100);
  });
});

describe.runIf(programs.h2load).each(transports)('h2load by %s', (transport) => {
  it.each<[string, readonly string[]]>([
    ['requests without a body', []],
    ['requests with a body', ['-d', 'body']],
    ['requests by HTTP/1.1', ['--h1']],
  ])('has %s answered, each of them', async (_, options) => {
    const { stdout } = await run(
      'h2load',
      [
        ...['-n', '600', '-c', '3', '-m', '20', '-H', `authorization: ${credentials}`],
        ...options.map((option) => (option === 'body' ? join(folder, 'ca.pem') : option)),
        origins[transport],
      ],
      { timeout: 100_000 },
    );
    expect(stdout).toMatch(
      /requests: 600 total, 600 started, 600 done, 600 succeeded, 0 failed, 0 errored, 0 timeout/,
    );
    expect(stdout).toMatch(/status codes: 600 2xx/);
  });
});

describe.each(transports)('undici by %s', (transport) => {
  const agent = new Agent({ allowH2: true, connect: { ca: authority.cert } });
  afterAll(() => agent.close());

  // With prior knowledge, undici sends HTTP/1.1: it uses HTTP/2 only with ALPN.
  it('sends requests at once, and a body', async () => {
    const origin = origins[transport];
    const send = async (path: string, body?: Buffer): Promise<Echo> => {
      const { body: text } = await request(`${origin}${path}`, {
        dispatcher: agent,
        headers: { authorization: credentials },
        ...(body !== undefined && { method: 'POST', body }),
      });
      return (await text.json()) as Echo;
    };
    const echoes = await Promise.all(Array.from({ length: 30 }, (_, index) => send(`/${index}`)));
    expect(echoes.map(({ url }) => url)).toEqual(Array.from({ length: 30 }, (_, index) => `/${index}`));
    expect(await send('/', randomBytes(bodyBytes))).toMatchObject({ method: 'POST', bodyBytes });
    const protocol = transport === 'TLS and ALPN' ? 'HTTP/2.0' : 'HTTP/1.1';
    expect(lastLine()).toMatchObject({ RequestProtocol: protocol });
  });
});

describe.each(transports)('node:http2 by %s', (transport) => {
  it('sends more requests at once than a connection takes, and large bodies', async () => {
    const client = await openHttp2(origins[transport], { ca: authority.cert });
    const headers = { authorization: credentials };
    const responses = await Promise.all(
      Array.from({ length: 400 }, (_, index) => client.send({ ...headers, ':path': `/${index}` })),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    const bodies = await Promise.all(
      Array.from({ length: 5 }, () => client.send({ ...headers, ':method': 'POST' }, randomBytes(bodyBytes))),
    );
    for (const { body } of bodies) expect(body).toContain(`"bodyBytes":${bodyBytes}`);
    await client.close();
  });
});
