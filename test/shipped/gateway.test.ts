import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApiServer } from '../../packages/gateway/src/providers/kubernetes/api-server.testkit.ts';
import { shop } from '../../packages/gateway/src/providers/kubernetes/following.testkit.ts';
import { createFolder, createProject, install, pack, root, run } from './packed.testkit.ts';

let folder = '';
/** The gateway alone, and together with the demo. */
let project = '';
let withDemo = '';

beforeAll(async () => {
  folder = await createFolder();
  const [gateway, demo] = await Promise.all([pack('gateway', folder), pack('demo', folder)]);
  [project, withDemo] = await Promise.all([
    install(await createProject(folder, 'alone'), [gateway.path]),
    install(await createProject(folder, 'with-demo'), [gateway.path, demo.path]),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the installed command until it ends. */
const grantgate = (cwd: string, ...args: readonly string[]): Promise<ProcessResult> =>
  run(join(cwd, 'node_modules/.bin/grantgate'), args, { cwd, env: { PATH: process.env['PATH'] } }).then(
    (ended) => ({ code: 0, ...ended }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as ProcessResult;
      return { code, stdout, stderr };
    },
  );

/** Files, below `node_modules`, that `serve` has loaded when it listens. */
async function filesOfStart(install: string): Promise<readonly string[]> {
  const report = await mkdtemp(join(folder, 'loaded-'));
  await writeFile(join(report, 'grantgate.yaml'), install);
  const { PATH } = process.env;
  const child = spawn(join(project, 'node_modules/.bin/grantgate'), ['serve', '--config', 'grantgate.yaml'], {
    cwd: report,
    env: { PATH, NODE_V8_COVERAGE: join(report, 'coverage') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  for await (const line of createInterface(child.stderr)) if (line.includes('"listening"')) child.kill();
  await closed;
  const [file] = await readdir(join(report, 'coverage'));
  const { result } = JSON.parse(await readFile(join(report, 'coverage', file!), 'utf8')) as {
    readonly result: readonly { readonly url: string }[];
  };
  return result.flatMap(({ url }) => url.split('/node_modules/').slice(1).slice(-1));
}

describe('the gateway alone in an empty project', () => {
  it('loads only the files that its configuration needs', async () => {
    await writeFile(
      join(folder, 'one-route.yaml'),
      `http:
  routers: { orders: { rule: 'PathPrefix(\`/orders\`)', middlewares: [auth], service: orders } }
  middlewares:
    auth: { plugin: { oAuthClientCredentials: { url: 'http://127.0.0.1:1', clientID: a, clientSecret: b } } }
  services: { orders: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } }
`,
    );
    const files = await filesOfStart(`entryPoints: { web: { address: '127.0.0.1:0' } }
providers: { file: { filename: ${join(folder, 'one-route.yaml')} } }
`);
    const packages = new Set(files.map((file) => /^(?:@[^/]+[/])?[^/]+/.exec(file)![0]));
    expect([...packages].sort()).toEqual(['grantgate', 'oauth4webapi']);
    // A little above the measured value.
    expect(files.length).toBeLessThan(86);
    const sizes = await Promise.all(files.map((file) => stat(join(project, 'node_modules', file))));
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(1_960_000);
  });

  it.each([
    ...['@grantgate/demo', 'oidc-provider', 'koa', '@grpc/grpc-js', '@kubernetes/client-node'],
    // Part of the bundle.
    ...['@grantgate/middleware', 'commander', 'pino', 'yaml', 'zod'],
  ])('is installed without %s', async (name) => {
    await expect(stat(join(project, 'node_modules', name))).rejects.toThrow('ENOENT');
  });

  it('includes the licence of every package in its bundle, and source maps for stack traces', async () => {
    const bundle = join(project, 'node_modules/grantgate/bundle');
    const maps = (await readdir(bundle)).filter((file) => file.endsWith('.js.map'));
    const sources = new Set<string>();
    for (const file of maps) {
      const map = JSON.parse(await readFile(join(bundle, file), 'utf8')) as { sources: readonly string[] };
      for (const source of map.sources) sources.add(join(root, 'packages/gateway/bundle', source));
    }
    for (const source of sources) expect((await stat(source)).isFile()).toBe(true);
    const bundled = [...sources].flatMap(
      (path) => /node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(path)?.[1] ?? [],
    );
    const licences = await readFile(join(bundle, 'LICENSES.txt'), 'utf8');
    const named = Array.from(licences.matchAll(/^(\S+) \d+\.\d+\.\d+$/gm), ([, name]) => name);
    expect(named).toEqual([...new Set(bundled)].sort());
    expect(named).toEqual(expect.arrayContaining(['pino', 'yaml', 'zod']));
  });

  it('explains how to install the demo', async () => {
    expect(await grantgate(project, 'demo', '--once')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: grantgate demo needs the package @grantgate/demo: npm install @grantgate/demo\n',
    });
  });

  it('names the package that a kubeconfig needs', async () => {
    const server = await startApiServer();
    const { code, stdout } = await grantgate(
      ...[project, 'check', '--kubernetes', '--kubeconfig', server.kubeconfig],
    );
    await server.close();
    expect(code).toBe(1);
    expect(stdout).toContain(
      'reading a kubeconfig requires the package @kubernetes/client-node: npm install @kubernetes/client-node',
    );
  });

  it('reports a missing kubeconfig', async () => {
    const { code, stdout } = await grantgate(project, 'check', '--kubernetes');
    expect(code).toBe(1);
    expect(stdout).toContain('there is no kubeconfig, and no service account of a pod');
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

  it('reports no problem in the routes of its README', async () => {
    const readme = await readFile(join(root, 'packages/gateway/README.md'), 'utf8');
    const [, routes = ''] = /```yaml\n# routes\.yaml\n(.*?)```/s.exec(readme) ?? [];
    const routesFolder = join(project, 'routes');
    await mkdir(routesFolder);
    await writeFile(join(routesFolder, 'routes.yaml'), routes);
    expect(await grantgate(project, 'check', 'routes')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the gateway beside @grantgate/demo', () => {
  it('completes the tour of the demo', async () => {
    const { code, stdout, stderr } = await grantgate(withDemo, 'demo', '--once', '--port', '0');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('5 of 5');
  });
});
