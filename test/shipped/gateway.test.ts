import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import { shop } from '../../packages/gateway/src/providers/kubernetes/following.testkit.ts';
import { createFolder, createProject, install, pack, root, run } from './packed.testkit.ts';

let folder = '';
let project = '';

beforeAll(async () => {
  folder = await createFolder();
  const [middleware, gateway] = await Promise.all([pack('middleware', folder), pack('gateway', folder)]);
  project = await install(await createProject(folder, 'alone'), [middleware.path, gateway.path]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the installed command to its end. */
const grantgate = (cwd: string, ...args: readonly string[]): Promise<Ended> =>
  run(join(cwd, 'node_modules/.bin/grantgate'), args, { cwd, env: { PATH: process.env['PATH'] } }).then(
    (ended) => ({ code: 0, ...ended }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as Ended;
      return { code, stdout, stderr };
    },
  );

describe('the gateway alone in an empty project', () => {
  it.each(['@grpc/grpc-js', '@kubernetes/client-node'])('is installed without %s', async (name) => {
    await expect(stat(join(project, 'node_modules', name))).rejects.toThrow('ENOENT');
  });

  it('says which package a kubeconfig needs', async () => {
    const server = await startApiServer();
    const { code, stdout } = await grantgate(
      ...[project, 'check', '--kubernetes', '--kubeconfig', server.kubeconfig],
    );
    await server.close();
    expect(code).toBe(1);
    expect(stdout).toContain(
      'reading a kubeconfig needs the package @kubernetes/client-node: npm install @kubernetes/client-node',
    );
  });

  it('says that there is no kubeconfig where there is none', async () => {
    const { code, stdout } = await grantgate(project, 'check', '--kubernetes');
    expect(code).toBe(1);
    expect(stdout).toContain('there is no kubeconfig, and this is no pod with a service account');
  });

  it('reads a cluster by its endpoint and a token', async () => {
    const server = await startApiServer();
    server.apply(shop('apps'));
    await writeFile(
      join(project, 'cluster.yaml'),
      `providers: { kubernetesCRD: { endpoint: "${server.url}", certAuthFilePath: ${server.caFile}, token: "urn:file:${server.tokenFile}" } }`,
    );
    const { code, stdout } = await grantgate(project, 'check', '--kubernetes', '--config', 'cluster.yaml');
    await server.close();
    expect(stdout).toContain('0 errors, 0 warnings (1 router, 1 middleware, 1 service)');
    expect(code).toBe(0);
  });

  it('finds nothing wrong with the routes of its README', async () => {
    const readme = await readFile(join(root, 'packages/gateway/README.md'), 'utf8');
    const [, routes = ''] = /```yaml\n# routes\.yaml\n(.*?)```/s.exec(readme) ?? [];
    const routesFolder = join(project, 'routes');
    await mkdir(routesFolder);
    await writeFile(join(routesFolder, 'routes.yaml'), routes);
    expect(await grantgate(project, 'check', 'routes')).toMatchObject({ code: 0, stderr: '' });
  });
});
