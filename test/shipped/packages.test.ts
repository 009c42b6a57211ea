import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackageName, Tarball } from './packed.testkit.ts';
import { createFolder, createProject, install, npm, pack, published, root, run } from './packed.testkit.ts';

let folder = '';
/** The middleware alone, and together with every framework for which it has a subpath. */
let project = '';
let beside = '';
const packed = new Map<PackageName, Tarball>();

beforeAll(async () => {
  folder = await createFolder();
  for (const name of published) packed.set(name, await pack(name, folder));
  const tarball = packed.get('middleware')!.path;
  const manifest = JSON.parse(await readFile(join(root, 'packages/middleware/package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  // The exact versions of the tests; npm refuses versions outside the peers' ranges.
  const versions = [
    'express',
    '@types/express',
    'fastify',
    'koa',
    '@types/koa',
    'hono',
    '@opentelemetry/api',
  ].map((name) => `${name}@${manifest.devDependencies[name]}`);
  [project, beside] = await Promise.all([
    install(await createProject(folder, 'alone'), [tarball]),
    install(await createProject(folder, 'beside'), [tarball, ...versions]),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * Subpaths that the package's README calls public, which work without an installed framework: their exports, and how many bytes of
 * this package each may load, a little above the measured value.
 */
const subpaths = [
  ['', 'createAuthenticator', 205_000],
  ['/express', 'oAuthClientCredentials', 224_000],
  ['/fastify', 'oAuthClientCredentials', 225_000],
  ['/koa', 'oAuthClientCredentials', 224_000],
  ['/hono', 'oAuthClientCredentials', 225_000],
  ['/fetch', 'oAuthClientCredentials', 219_000],
  ['/express/jwt', 'jwt', 233_000],
  ['/fastify/jwt', 'jwt', 234_000],
  ['/koa/jwt', 'jwt', 233_000],
  ['/hono/jwt', 'jwt', 234_000],
  ['/fetch/jwt', 'jwt', 228_000],
  ['/express/introspection', 'oAuthIntrospection', 282_000],
  ['/fastify/introspection', 'oAuthIntrospection', 283_000],
  ['/koa/introspection', 'oAuthIntrospection', 282_000],
  ['/hono/introspection', 'oAuthIntrospection', 283_000],
  ['/fetch/introspection', 'oAuthIntrospection', 277_000],
  ['/express/exchange', 'oAuthTokenExchange', 261_000],
  ['/fastify/exchange', 'oAuthTokenExchange', 262_000],
  ['/koa/exchange', 'oAuthTokenExchange', 261_000],
  ['/hono/exchange', 'oAuthTokenExchange', 262_000],
  ['/fetch/exchange', 'oAuthTokenExchange', 256_000],
  ['/outgoing', 'createTokenSource', 195_500],
] as const;

describe('the tarballs', () => {
  it.each([
    ['middleware', 177_500],
    ['demo', 8_000],
    ['gateway', 1_045_000],
  ] as const)('contain the runtime files, and no tests (%s, at most %i bytes)', (name, limit) => {
    const { files, size } = packed.get(name)!;
    expect(files.filter((path) => /test|\.tsbuildinfo$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
    // The gateway is a command, and never imported.
    expect(files.some((path) => path.endsWith('.d.ts'))).toBe(name !== 'gateway');
    expect(size).toBeLessThan(limit);
  });

  it.each(published)('contain a README and the licence (%s)', async (name) => {
    const { files } = packed.get(name)!;
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE']));
    const folderOfPackage = join(root, 'packages', name);
    const licence = await readFile(join(folderOfPackage, 'LICENSE'), 'utf8');
    expect(licence).toBe(await readFile(join(root, 'LICENSE'), 'utf8'));
    const manifest = await readManifest(name);
    expect(manifest.files).toEqual(expect.arrayContaining(['README.md', 'LICENSE']));
    const readme = await readFile(join(folderOfPackage, 'README.md'), 'utf8');
    expect(readme.startsWith(`# ${manifest.name}\n`)).toBe(true);
  });

  it('leave out testkit: it is private, and no published package depends on it', async () => {
    const testkit = JSON.parse(await readFile(join(root, 'packages/testkit/package.json'), 'utf8')) as object;
    expect(testkit).toMatchObject({ name: '@grantgate/testkit', private: true });
    const manifests = await Promise.all(published.map(readManifest));
    for (const manifest of manifests) expect(JSON.stringify(manifest)).not.toContain('@grantgate/testkit');
  });

  it('have one version, and require that version of each other', async () => {
    const manifests = await Promise.all(published.map(readManifest));
    const [{ version }] = manifests as [PackageManifest];
    for (const manifest of manifests) {
      expect(manifest.version).toBe(version);
      const needed = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies });
      const own = needed.filter(([name]) => name.startsWith('@grantgate/'));
      expect(own).toEqual(own.map(([name]) => [name, version]));
    }
  });

  it('map every public subpath of the middleware to existing files', async () => {
    const text = await readFile(join(project, 'node_modules/@grantgate/middleware/package.json'), 'utf8');
    const { exports } = JSON.parse(text) as { exports: Record<string, { types: string; default: string }> };
    for (const [subpath] of [...subpaths, ['/opentelemetry']])
      for (const path of [exports[`.${subpath}`]!.types, exports[`.${subpath}`]!.default])
        expect((await stat(join(project, 'node_modules/@grantgate/middleware', path))).isFile()).toBe(true);
  });

  it('have a README that names every public subpath', async () => {
    const readme = await readFile(join(project, 'node_modules/@grantgate/middleware/README.md'), 'utf8');
    for (const [subpath] of [...subpaths, ['/opentelemetry']])
      expect(readme).toContain(`\`@grantgate/middleware${subpath}\``);
  });
});

describe('the middleware alone in an empty project', () => {
  it('installs no framework and no Redis client', async () => {
    for (const name of ['express', 'fastify', 'koa', 'hono', 'ioredis', '@opentelemetry/api'])
      await expect(stat(join(project, 'node_modules', name))).rejects.toThrow('ENOENT');
  });

  it.each(subpaths)('loads as @grantgate/middleware%s', async (subpath, name, budget) => {
    const { type, own, packages } = await load(subpath, name);
    expect(type).toBe('function');
    // Only by name, because their size changes with each release. Outgoing calls read no claims; undici is loaded later.
    const claims = subpath === '/outgoing' ? [] : ['lossless-json'];
    expect(packages).toEqual([...claims, 'oauth4webapi', 'zod']);
    expect(own).toBeLessThan(budget);
    // A budget that is far above the value would prevent no growth.
    expect(own).toBeGreaterThan(budget / 1.25);
  });

  it('type-checks in strict mode', async () => {
    const application = `import { createServer } from 'node:http';
import { createAuthenticator } from '@grantgate/middleware';
import { authOf, oAuthClientCredentials } from '@grantgate/middleware/express';
import { jwt } from '@grantgate/middleware/express/jwt';
import { oAuthClientCredentials as protectFetch } from '@grantgate/middleware/fetch';
import { jwt as fetchJwt, type Auth, type RouteRequirements } from '@grantgate/middleware/fetch/jwt';
import { createFetch, createTokenSource, TokenError } from '@grantgate/middleware/outgoing';

const url = 'https://as.example/token';
const middleware = oAuthClientCredentials({ url, forwardHeaders: { Group: 'grp' } });
createServer((request, response) => middleware(request, response, () => response.end(authOf(request).clientId)));
const handler: (request: Request) => Response | Promise<Response> = protectFetch({ url })(
  (_request, auth) => new Response(auth.scopes.join(' ')),
);
const source = createTokenSource({ url, clientID: 'a', clientSecret: 'b' });
const call: typeof fetch = createFetch(source);
const shared = oAuthClientCredentials({ authenticator: createAuthenticator({ url }) });
// @ts-expect-error url is required
oAuthClientCredentials({ claims: 'x' });
const issuer = 'https://as.example';
const callers = jwt({ issuer, audience: [], refusals: 'error', requiredScopes: 'a b' });
const admins: RouteRequirements = { requireClaims: (claims) => claims['grp'] === 'admin' };
createServer((request, response) => callers.route(admins)(request, response, (error) => response.end(String(error))));
const wrapped: (request: Request) => Response | Promise<Response> = fetchJwt({ issuer, audience: 'x' }).route(admins)(
  (_request, auth: Auth) => new Response(auth.subject),
);
// @ts-expect-error audience is required
jwt({ issuer });
export { wrapped };
export { call, handler, shared, TokenError };
`;
    expect(await check(project, application, 'bundler')).toBe('');
  });
});

describe('the middleware beside a framework', () => {
  it('type-checks in strict mode', async () => {
    const application = `import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { oAuthClientCredentials as protectExpress } from '@grantgate/middleware/express';
import { oAuthIntrospection } from '@grantgate/middleware/express/introspection';
import { jwt as expressJwt } from '@grantgate/middleware/express/jwt';
import { oAuthClientCredentials as protectFastify } from '@grantgate/middleware/fastify';
import { jwt as fastifyJwt } from '@grantgate/middleware/fastify/jwt';
import { jwt as honoJwt } from '@grantgate/middleware/hono/jwt';
import { jwt as koaJwt } from '@grantgate/middleware/koa/jwt';
import { oAuthClientCredentials as protectHono } from '@grantgate/middleware/hono';
import type { AuthState } from '@grantgate/middleware/koa';
import { oAuthClientCredentials as protectKoa } from '@grantgate/middleware/koa';
import { openTelemetry } from '@grantgate/middleware/opentelemetry';

const url = 'https://as.example/token';
const claims = 'Equals(\`grp\`, \`admin\`)';

const app = express();
app.use('/orders', protectExpress({ url, claims, tracing: openTelemetry() }));
app.get('/orders', protectExpress({ url }), (req, res) => {
  res.json({ caller: req.auth?.clientId });
});
// @ts-expect-error not every route is protected
app.get('/open', (req) => req.auth.clientId);

const fastify = Fastify();
await fastify.register(protectFastify, { url, claims });
fastify.get('/orders', async (request) => ({ caller: request.auth?.clientId }));
// @ts-expect-error url is required
await fastify.register(protectFastify, { claims });

const koa = new Koa<AuthState>();
koa.use(protectKoa({ url, claims }));
koa.use((ctx) => {
  const caller: string = ctx.state.auth.clientId;
  ctx.body = { caller };
});
// One that has no types of its own for its state.
new Koa().use(protectKoa({ url }));

const hono = new Hono();
hono.use('/orders', protectHono({ url, claims }));
hono.get('/orders', (c) => {
  const caller: string = c.get('auth').clientId;
  return c.json({ caller });
});

const options = { issuer: 'https://as.example', audience: 'https://orders.example/' };
const route = { requiredScopes: ['orders:write'] };
const forExpress = expressJwt(options);
app.use('/tokens', forExpress);
app.post('/tokens', forExpress.route(route), (req, res) => {
  res.json({ caller: req.auth?.clientId });
});
const forFastify = fastifyJwt(options);
await fastify.register(forFastify);
fastify.post('/tokens', { onRequest: forFastify.route(route) }, async (request) => request.auth?.scopes);
const forKoa = koaJwt(options);
koa.use(forKoa).use(forKoa.route(route));
const introspection = { clientConfig: { url: 'https://as.example/introspect' }, clientID: 'a', clientSecret: 'b' };
app.get('/opaque', oAuthIntrospection(introspection), (req, res) => {
  res.json(req.auth?.claims);
});
const forHono = honoJwt(options);
hono.post('/tokens', forHono, forHono.route(route), (c) => c.json(c.get('auth').scopes));
`;
    expect(await check(beside, application, 'nodenext')).toBe('');
  });

  it('installs beside Express 4', async () => {
    const created = await createProject(folder, 'express4');
    const args = ['install', '--package-lock-only', '--prefer-offline', '--strict-peer-deps'];
    await npm([...args, packed.get('middleware')!.path, 'express@4'], created);
    expect((await stat(join(created, 'package-lock.json'))).isFile()).toBe(true);
  });
});

interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const readManifest = async (name: PackageName): Promise<PackageManifest> =>
  JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8')) as PackageManifest;

/** The compiler's errors for an application, and for our declarations that it uses. */
async function check(cwd: string, application: string, resolution: 'nodenext' | 'bundler'): Promise<string> {
  const file = `app-${resolution}.ts`;
  await writeFile(join(cwd, file), application);
  const options = {
    strict: true,
    noEmit: true,
    // The test is about our declarations.
    skipLibCheck: false,
    target: 'es2023',
    module: resolution === 'bundler' ? 'esnext' : 'nodenext',
    moduleResolution: resolution,
    // Types of Node.js are those of the workspace: an application has its own.
    typeRoots: join(root, 'node_modules/@types'),
    types: 'node',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const checked = await run(process.execPath, [tsc, ...args, file], { cwd }).catch(
    (error: unknown) => error as { readonly stdout: string },
  );
  // Errors of the frameworks' own types do not count: `@types/koa` is older than the package that it imports from.
  return checked.stdout.replace(/^node_modules[/](?!@grantgate[/]).*\n(?: .*\n)*/gm, '');
}

interface ModuleFootprint {
  /** Type of the subpath's export `name`. */
  readonly type: string;
  /** Bytes of this package's files that were loaded. */
  readonly own: number;
  /** Other packages of which files were loaded. */
  readonly packages: readonly string[];
}

/** Loads a subpath in its own process, which records the files that it has loaded. */
async function load(subpath: string, name: string): Promise<ModuleFootprint> {
  const code = `console.log(typeof (await import('@grantgate/middleware${subpath}'))['${name}']);`;
  const report = await mkdtemp(join(folder, 'loaded-'));
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], {
    cwd: project,
    env: { ...process.env, NODE_V8_COVERAGE: report },
  });
  const [file] = await readdir(report);
  const { result } = JSON.parse(await readFile(join(report, file!), 'utf8')) as {
    readonly result: readonly { readonly url: string }[];
  };
  const paths = new Set(
    result.filter(({ url }) => /^file:.*[/]node_modules[/]/.test(url)).map(({ url }) => fileURLToPath(url)),
  );
  let own = 0;
  const packages = new Set<string>();
  for (const path of paths) {
    const [scope = '', within = ''] = path.split(`${sep}node_modules${sep}`).at(-1)!.split(sep);
    if (scope === '@grantgate') own += (await stat(path)).size;
    else packages.add(scope.startsWith('@') ? `${scope}/${within}` : scope);
  }
  return { type: stdout.trim(), own, packages: [...packages].sort() };
}
