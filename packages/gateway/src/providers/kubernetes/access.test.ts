import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import type { TestApiServer } from './api-server.testkit.ts';
import { startApiServer } from './api-server.testkit.ts';
import type { FollowingProvider, FollowOptions } from './following.testkit.ts';
import { follow, inPod, shop } from './following.testkit.ts';

let server: TestApiServer;
let folder = '';
let following: FollowingProvider | undefined;
beforeEach(async () => {
  server = await startApiServer();
  server.apply(shop('apps'));
  folder = await mkdtemp(join(tmpdir(), 'grantgate-'));
});
afterEach(async () => {
  following?.provider.close();
  following = undefined;
  vi.unstubAllEnvs();
  await server.close();
  await rm(folder, { recursive: true });
});

const start = async (options: string, more: FollowOptions = {}): Promise<FollowingProvider> => {
  following = follow(server, options, more);
  await following.start();
  return following;
};

describe('access to the API server', () => {
  it('in a pod uses the service account, whose token rotates', async () => {
    const account = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(account, { recursive: true });
    await copyFile(server.caFile, join(account, 'ca.crt'));
    await writeFile(join(account, 'token'), server.token);
    const { hostname, port } = new URL(server.url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { provider, names, until } = await start(inPod, { env, root: folder });
    expect(provider.isReady()).toBe(true);
    expect(names()).toContain('IngressRoute/apps/shop');
    await writeFile(join(account, 'token'), 'token-2');
    server.acceptOnly('token-2');
    server.disconnect();
    server.apply(shop('later'));
    await until(() => names().includes('IngressRoute/later/shop'));
  });

  it('by a kubeconfig may use an exec plugin, which runs again when its token is refused', async () => {
    const plugin = join(folder, 'plugin.mjs');
    await writeFile(
      plugin,
      `import { readFileSync } from 'node:fs';
const token = readFileSync(${JSON.stringify(join(folder, 'token'))}, 'utf8');
console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } }));
`,
    );
    await writeFile(join(folder, 'token'), server.token);
    const kubeconfig = join(folder, 'config');
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster: { server: server.url, 'certificate-authority': server.caFile } }],
        users: [
          {
            name: 'u',
            user: {
              exec: {
                apiVersion: 'client.authentication.k8s.io/v1',
                command: process.execPath,
                args: [plugin],
                interactiveMode: 'Never',
              },
            },
          },
        ],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );
    const { provider, names, until } = await start(`kubeconfig: "${kubeconfig}"`);
    expect(provider.isReady()).toBe(true);
    await writeFile(join(folder, 'token'), 'token-2');
    server.acceptOnly('token-2');
    server.disconnect();
    server.apply(shop('later'));
    await until(() => names().includes('IngressRoute/later/shop'));
  });

  it.each([
    ['is that of another cluster', createTestAuthority('Another cluster').cert],
    ['is broken', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('by a kubeconfig is read again when its authority %s', async (_what, wrong) => {
    const kubeconfig = join(folder, 'config');
    const write = (ca: string): Promise<void> =>
      writeFile(
        kubeconfig,
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Config',
          clusters: [
            {
              name: 'c',
              cluster: {
                server: server.url,
                'certificate-authority-data': Buffer.from(ca).toString('base64'),
              },
            },
          ],
          users: [{ name: 'u', user: { token: server.token } }],
          contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
          'current-context': 'x',
        }),
      );
    await write(wrong);
    following = follow(server, `kubeconfig: "${kubeconfig}"`);
    const { provider, events, until } = following;
    const starting = following.start();
    await until(() => events.length === 1);
    expect(events).toMatchObject([{ kind: 'state', ready: false }]);
    await write(await readFile(server.caFile, 'utf8'));
    await until(() => provider.isReady());
    await starting;
  });
});
