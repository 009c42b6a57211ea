import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// What is published, as it is built (`make build`): packed, and installed alone in an empty project.
const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const npm = (args: readonly string[], cwd: string) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--ignore-scripts'], { cwd, maxBuffer: 64 * 1024 * 1024 });

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let project = '';
const packed = new Map<string, Packed>();

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'grantgate-dist-'));
  for (const name of ['middleware', 'gateway']) {
    const { stdout } = await npm(
      ['pack', '--json', '--pack-destination', project],
      join(root, 'packages', name),
    );
    packed.set(name, (JSON.parse(stdout) as Packed[])[0]!);
  }
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  await npm(['install', '--prefer-offline', '--omit=peer', packed.get('middleware')!.filename], project);
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** Subpaths that the package's README calls public, which work without a framework being installed. */
const subpaths = {
  '': 'createAuthenticator',
  '/express': 'oAuthClientCredentials',
  '/fastify': 'oAuthClientCredentials',
  '/koa': 'oAuthClientCredentials',
  '/hono': 'oAuthClientCredentials',
  '/fetch': 'oAuthClientCredentials',
  '/outgoing': 'createTokenSource',
};

describe('the tarballs', () => {
  it.each([
    ['middleware', 200_000],
    ['gateway', 400_000],
  ])('hold what runs and its types, and no tests (%s, at most %i bytes)', (name, limit) => {
    const { files, size } = packed.get(name)!;
    expect(
      files.map(({ path }) => path).filter((path) => /test|\.tsbuildinfo$|(?<!\.d)\.ts$/.test(path)),
    ).toEqual([]);
    expect(files.some(({ path }) => path.endsWith('.d.ts'))).toBe(true);
    expect(size).toBeLessThan(limit);
  });

  it('point every subpath of the middleware at files that are there', async () => {
    const text = await readFile(join(project, 'node_modules/@grantgate/middleware/package.json'), 'utf8');
    const { exports } = JSON.parse(text) as { exports: Record<string, { types: string; default: string }> };
    for (const { types, default: file } of Object.values(exports))
      for (const path of [types, file])
        await expect(stat(join(project, 'node_modules/@grantgate/middleware', path))).resolves.toBeDefined();
  });

  it('are described by a README that names every public subpath', async () => {
    const readme = await readFile(join(project, 'node_modules/@grantgate/middleware/README.md'), 'utf8');
    for (const subpath of Object.keys(subpaths))
      expect(readme).toContain(`\`@grantgate/middleware${subpath}\``);
  });
});

describe('the middleware alone in an empty project', () => {
  it('has no framework and no Redis client with it', async () => {
    for (const name of ['express', 'fastify', 'koa', 'hono', 'ioredis'])
      await expect(stat(join(project, 'node_modules', name))).rejects.toThrow('ENOENT');
  });

  it.each(Object.entries(subpaths))('loads @grantgate/middleware%s', async (subpath, name) => {
    const code = `
      const loaded = await import('@grantgate/middleware${subpath}');
      const middleware = typeof loaded.${name};
      const { memoryUsage } = process;
      console.log(JSON.stringify({ middleware, heap: memoryUsage().heapUsed }));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: project });
    const { middleware, heap } = JSON.parse(stdout) as { middleware: string; heap: number };
    expect(middleware).toBe('function');
    expect(heap).toBeLessThan(40 * 1024 * 1024);
  });

  it.each(['nodenext', 'bundler'])('type-checks strictly (%s)', async (resolution) => {
    await writeFile(
      join(project, 'app.ts'),
      `import { createServer } from 'node:http';
import { createAuthenticator } from '@grantgate/middleware';
import { authOf, oAuthClientCredentials } from '@grantgate/middleware/express';
import { oAuthClientCredentials as guardFetch } from '@grantgate/middleware/fetch';
import { createFetch, createTokenSource, TokenError } from '@grantgate/middleware/outgoing';

const url = 'https://as.example/token';
const guard = oAuthClientCredentials({ url, forwardHeaders: { Group: 'grp' } });
createServer((request, response) => guard(request, response, () => response.end(authOf(request).clientId)));
const handler: (request: Request) => Response | Promise<Response> = guardFetch({ url })(
  (_request, auth) => new Response(auth.scopes.join(' ')),
);
const source = createTokenSource({ url, clientID: 'a', clientSecret: 'b' });
const call: typeof fetch = createFetch(source);
const shared = oAuthClientCredentials({ authenticator: createAuthenticator({ url }) });
// @ts-expect-error url is required
oAuthClientCredentials({ claims: 'x' });
export { call, handler, shared, TokenError };
`,
    );
    const module = resolution === 'bundler' ? 'esnext' : 'nodenext';
    const args = [
      '--strict',
      '--noEmit',
      '--target',
      'es2023',
      '--module',
      module,
      '--moduleResolution',
      resolution,
    ];
    // Types of Node.js are those of the workspace: an application has its own.
    const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const checked = await run(process.execPath, [tsc, ...args, ...types, 'app.ts'], { cwd: project }).catch(
      (error: unknown) => error as { readonly stdout: string },
    );
    expect(checked.stdout).toBe('');
  });
});
