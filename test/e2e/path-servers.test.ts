import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import { findClosedPort } from '../../packages/testkit/src/scripted-server.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';
import { spellTraversals } from './path-spellings.testkit.ts';

const secret = 'the secret of the administrators';

let folder: string;
const children: ChildProcess[] = [];
const ports = { 'nginx, files': 0, 'nginx, proxy_pass to files': 0, 'Python, http.server': 0 };
const servers = Object.keys(ports) as (keyof typeof ports)[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-paths-'));
  // If root starts nginx, its workers run as another user.
  await chmod(folder, 0o755);
  for (const [name, text] of [
    ['open', 'for everyone'],
    ['admin', secret],
  ] as const) {
    await mkdir(join(folder, 'files', name), { recursive: true });
    await writeFile(join(folder, 'files', name, 'secret.txt'), text);
  }
  for (const name of servers) ports[name] = await findClosedPort();
  const nginx = `
    pid nginx.pid; error_log stderr crit; daemon off; events {}
    http {
      access_log off; client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
      server { listen 127.0.0.1:${ports['nginx, files']}; root ${folder}/files; }
      server {
        listen 127.0.0.1:${ports['nginx, proxy_pass to files']};
        location / { proxy_pass http://127.0.0.1:${ports['nginx, files']}/; }
      }
    }`;
  await writeFile(join(folder, 'nginx.conf'), nginx);
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  children.push(spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { env, stdio: 'ignore' }));
  const python = ['-m', 'http.server', '--bind', '127.0.0.1', '--directory', join(folder, 'files')];
  children.push(spawn('python3', [...python, String(ports['Python, http.server'])], { stdio: 'ignore' }));
  for (const name of servers)
    await until(() => ask(`http://127.0.0.1:${ports[name]}`, '/admin/secret.txt').catch(() => undefined));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

const ask = async (origin: string, path: string) => {
  const { status, body } = await sendRequest(origin, { path });
  return { status, leaked: body.includes(secret) };
};

const routes = (port: number): string => `
http:
  routers:
    open: { rule: PathPrefix(\`/open\`), service: files }
    admin: { rule: PathPrefix(\`/admin\`), middlewares: [auth], service: files }
  middlewares:
    auth: { plugin: { oAuthClientCredentials: { url: "https://127.0.0.1:1/token" } } }
  services:
    files: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${port}" }] } }
`;

const everythingAllowed =
  'encodedCharacters: { allowEncodedSlash: true, allowEncodedBackSlash: true, allowEncodedNullCharacter: true }';

describe.each(servers)('files behind %s', (name) => {
  let gateway: TestGateway;
  let lenient: TestGateway;
  beforeAll(async () => {
    const file = { 'routes.yaml': routes(ports[name]) };
    gateway = await startTestGateway({ routes: file });
    lenient = await startTestGateway({
      routes: file,
      install: `entryPoints: { web: { address: "127.0.0.1:0", http: { ${everythingAllowed} } } }`,
    });
  });
  afterAll(() => Promise.all([gateway.close(), lenient.close()]));

  const spellings = [
    ...spellTraversals('/open/', '/admin/secret.txt'),
    ...spellTraversals('/open/secret.txt/', '/../admin/secret.txt'),
    ...spellTraversals('/nothing/', '/admin/secret.txt'),
  ];

  it('exist, and can be read from the server under other spellings', async () => {
    expect(await ask(gateway.url, '/open/secret.txt')).toEqual({ status: 200, leaked: false });
    expect(await ask(gateway.url, '/admin/secret.txt')).toEqual({ status: 401, leaked: false });
    const direct = await ask(`http://127.0.0.1:${ports[name]}`, '/open/..%2fadmin/secret.txt');
    expect(direct).toEqual({ status: 200, leaked: true });
  });

  it('are not read without credentials, whatever the spelling of the path', async () => {
    const leaks: string[] = [];
    const statuses = new Set<number>();
    for (const path of spellings) {
      for (const target of [path, `http://api.example${path}`]) {
        const { status, leaked } = await ask(gateway.url, target);
        statuses.add(status);
        if (leaked) leaks.push(target);
      }
    }
    expect(leaks).toEqual([]);
    expect([...statuses]).toEqual(expect.arrayContaining([400, 401]));
  });

  it('are not read by a step up (..) when encoded separators are allowed', async () => {
    const leaks: string[] = [];
    for (const path of spellings) if ((await ask(lenient.url, path)).leaked) leaks.push(path);
    expect(leaks).toEqual([]);
    expect((await ask(lenient.url, '/open%2Fsecret.txt')).status).toBe(200);
  });
});
