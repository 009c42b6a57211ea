import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

const authority = createTestAuthority();
const client = authority.issue('gateway');
let folder: string;
let server: AuthorizationServer;
let mutual: AuthorizationServer;
let upstream: EchoServer;
let gateway: TestGateway;

/** Writes the files of a version as Kubernetes does: `..data` is a link to a folder, and each file is a link through `..data`. */
async function mount(volume: string, version: string, files: Readonly<Record<string, string>>) {
  await mkdir(join(folder, volume, version), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, volume, version, name), text);
    await symlink(join('..data', name), join(folder, volume, name)).catch(() => {});
  }
  await symlink(version, join(folder, volume, '..data_tmp'));
  await rename(join(folder, volume, '..data_tmp'), join(folder, volume, '..data'));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-rotation-'));
  server = await startAuthorizationServer({ clients: [{ clientId: 'app', clientSecret: 'first' }] });
  const { cert, key } = authority.issue('127.0.0.1', ['127.0.0.1']);
  mutual = await startAuthorizationServer({
    clients: [{ clientId: 'app', clientSecret: 'first' }],
    tls: { cert, key, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
  });
  upstream = await startEchoServer();
  await mount('secret', '..1', { secret: 'first\n' });
  await writeFile(join(folder, 'plain'), 'first');
  await mount('client', '..1', { 'ca.pem': createTestAuthority().cert, 'tls.crt': client.cert, 'tls.key': client.key });
  const web = authority.issue('one', ['web.example']);
  await mount('web', '..1', { 'tls.crt': web.cert, 'tls.key': web.key });
  const credentials = (file: string): string => `clientID: app, clientSecret: "urn:file:${join(folder, file)}"`;
  const of = (file: string): string => `"urn:file:${join(folder, 'client', file)}"`;
  gateway = await startTestGateway({
    routes: {
      'a.yaml': `
http:
  routers:
    mounted: { rule: Path(\`/mounted\`), middlewares: [mounted], service: echo }
    plain: { rule: Path(\`/plain\`), middlewares: [plain], service: echo }
    mutual: { rule: Path(\`/mutual\`), middlewares: [mutual], service: echo }
  middlewares:
    mounted: { plugin: { oAuthClientCredentials: { url: "${server.url}", ${credentials('secret/secret')} } } }
    plain: { plugin: { oAuthClientCredentials: { url: "${server.url}", audience: other, ${credentials('plain')} } } }
    mutual:
      plugin:
        oAuthClientCredentials:
          url: "${mutual.url}"
          clientID: app
          clientSecret: first
          clientConfig: { maxRetries: 0, tls: { ca: ${of('ca.pem')}, cert: ${of('tls.crt')}, key: ${of('tls.key')} } }
  services: { echo: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } } }
`,
    },
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  websecure:
    address: "127.0.0.1:0"
    tls: { certificates: [{ certFile: ${join(folder, 'web/tls.crt')}, keyFile: ${join(folder, 'web/tls.key')} }] }
log: { level: debug }
`,
  });
}); // prettier-ignore

afterAll(async () => {
  await gateway.close();
  await Promise.all([upstream.close(), server.close(), mutual.close(), rm(folder, { recursive: true })]);
});
beforeEach(() => server.setClient({ clientId: 'app', clientSecret: 'first' }));

/** The status, and the code of a refusal. */
async function ask(path: string): Promise<string> {
  const response = await fetch(gateway.url + path);
  const { code = '' } = (await response.json()) as { readonly code?: string };
  return `${response.status} ${code}`.trim();
}

const eventually = (path: string, expected: string): Promise<void> =>
  expect.poll(() => ask(path)).toBe(expected);

describe('without a restart,', () => {
  it('a secret that Kubernetes swaps takes effect, and tokens of the old one are no longer used', async () => {
    expect(await ask('/mounted')).toBe('200');
    server.setClient({ clientId: 'app', clientSecret: 'second' });
    const asked = server.tokenRequests.length;
    // The token is still valid: a change only at the authorization server has no effect here.
    expect(await ask('/mounted')).toBe('200');
    expect(server.tokenRequests).toHaveLength(asked);
    await mount('secret', '..2', { secret: 'second\n' });
    await expect.poll(() => ask('/mounted').then(() => server.tokenRequests.length)).toBe(asked + 1);
    expect(await ask('/mounted')).toBe('200');
    await mount('secret', '..3', { secret: 'wrong' });
    await eventually('/mounted', '502 gateway_credentials_refused');
    expect(gateway.log.text()).not.toMatch(/second|wrong/);
  }); // prettier-ignore

  it('a secret that disappears makes its middleware refuse until the secret returns', async () => {
    expect(await ask('/plain')).toBe('200');
    const asked = server.tokenRequests.length;
    await unlink(join(folder, 'plain'));
    await eventually('/plain', '503 middleware_unavailable');
    expect(gateway.log.text()).toContain(`the file ${join(folder, 'plain')} cannot be read (ENOENT)`);
    // A partly written file is no secret.
    await writeFile(join(folder, 'plain'), '');
    await expect.poll(() => gateway.log.text()).toContain('its value is empty');
    expect(await ask('/plain')).toBe('503 middleware_unavailable');
    await writeFile(join(folder, 'plain'), 'first');
    await eventually('/plain', '200');
    // The tokens of a secret are dropped when the secret is missing.
    expect(server.tokenRequests).toHaveLength(asked + 1);
  });

  it('the replacement of a certificate authority is trusted', async () => {
    expect(await ask('/mutual')).toBe('503 authorization_server_unavailable');
    await mount('client', '..2', {
      'ca.pem': authority.cert,
      'tls.crt': client.cert,
      'tls.key': client.key,
    });
    await eventually('/mutual', '200');
  });

  it('an entry point presents a new certificate; a mismatched pair keeps the last valid one', async () => {
    const show = async (): Promise<string> => {
      const { port } = gateway.gateway.addresses.get('websecure')!;
      const shown = await Promise.all(
        [{ servername: 'web.example' }, {}].map(async (name) => {
          const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...name });
          await once(socket, 'secureConnect');
          const { CN } = socket.getPeerCertificate().subject;
          socket.destroy();
          return String(CN);
        }),
      );
      return shown.join(' ');
    };
    expect(await show()).toBe('one one');
    const [two, three] = ['two', 'three'].map((name) => authority.issue(name, ['web.example']));
    await mount('web', '..2', { 'tls.crt': two!.cert, 'tls.key': two!.key });
    await expect.poll(show).toBe('two two');
    await mount('web', '..3', { 'tls.crt': three!.cert, 'tls.key': two!.key });
    await expect
      .poll(() => gateway.log.text())
      .toContain('invalid certificates: keeping the last valid ones');
    expect(await show()).toBe('two two');
    await mount('web', '..4', { 'tls.crt': three!.cert, 'tls.key': three!.key });
    await expect.poll(show).toBe('three three');
  });
});
