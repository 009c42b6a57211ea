import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startJwtIssuer } from '../../packages/middleware/src/adapters/jwt-issuer.testkit.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';

const root = new URL('../../', import.meta.url);
const client = (id: string) => ({ clientId: id, clientSecret: `${id}-secret`, claims: { grp: id } });
let server: AuthorizationServer;
let children: ChildProcess[];
beforeAll(async () => {
  server = await startAuthorizationServer({ clients: [client('admin'), client('tester')] });
});
afterAll(() => server.close());
beforeEach(() => void (children = []));
afterEach(() => children.forEach((child) => child.kill('SIGKILL')));

/** Runs an unchanged example in its own process, with the package that `make build` built. */
function run(name: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`examples/${name}/app.mjs`, root))], {
    env: { PATH: process.env['PATH'] ?? '', TOKEN_URL: server.url, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function portOf(child: ChildProcess): Promise<number> {
  let shown = '';
  for await (const chunk of child.stdout!) {
    shown += String(chunk);
    const found = /listening on (\d+)/.exec(shown);
    if (found !== null) return Number(found[1]);
  }
  throw new Error(`the example ended: ${shown}`);
}

describe.each(['express', 'fastify', 'koa', 'hono', 'node-http'])('examples/%s', (name) => {
  it('protects a route', async () => {
    const port = await portOf(run(name));
    const call = (id: string | undefined) =>
      fetch(`http://127.0.0.1:${port}/orders`, {
        headers:
          id === undefined
            ? {}
            : { authorization: `Basic ${Buffer.from(`${id}:${id}-secret`).toString('base64')}` },
      });
    const refused = await call(undefined);
    expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'credentials_missing' }]);
    expect((await call('tester')).status).toBe(403);
    const passed = await call('admin');
    expect([passed.status, await passed.json()]).toEqual([200, { caller: 'admin' }]);
  });

  it('is the code that the guide shows', async () => {
    const guide = await readFile(new URL('docs/guide/applications.md', root), 'utf8');
    expect(guide).toContain(await readFile(new URL(`examples/${name}/app.mjs`, root), 'utf8'));
  });
});

describe('examples/express-jwt', () => {
  it('verifies the tokens of callers, and requires a scope for one route', async () => {
    const issuer = await startJwtIssuer();
    const port = await portOf(run('express-jwt', { ISSUER: issuer.url, AUDIENCE: issuer.audience }));
    const [reads, writes] = await Promise.all(
      ['orders:read', 'orders:read orders:write'].map((scope) => issuer.issue('tester', scope)),
    );
    const send = async (method: string, token?: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/orders`, {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
      return [response.status, await response.json()];
    };
    expect(await send('GET')).toMatchObject([401, { code: 'token_missing' }]);
    expect(await send('GET', reads)).toEqual([200, { caller: 'tester', scopes: ['orders:read'] }]);
    expect(await send('POST', reads)).toMatchObject([403, { code: 'insufficient_scope' }]);
    expect(await send('POST', writes)).toEqual([201, { caller: 'tester' }]);
    await issuer.close();
  });

  it('is the code that the guide shows', async () => {
    const guide = await readFile(new URL('docs/guide/applications.md', root), 'utf8');
    expect(guide).toContain(await readFile(new URL('examples/express-jwt/app.mjs', root), 'utf8'));
  });
});

describe('examples/outgoing', () => {
  it('calls an API with a token', async () => {
    const api = createServer((request, response) => {
      response.end(request.headers.authorization?.slice(0, 9));
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    const child = run('outgoing', {
      CLIENT_ID: 'admin',
      CLIENT_SECRET: 'admin-secret',
      API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    });
    const [shown] = await Promise.all([text(child.stdout!), once(child, 'close')]);
    expect(shown).toBe('200 Bearer ey\n');
    api.closeAllConnections();
    api.close();
  });

  it('is the code that the guide shows', async () => {
    const guide = await readFile(new URL('docs/guide/outgoing-calls.md', root), 'utf8');
    expect(guide).toContain(await readFile(new URL('examples/outgoing/app.mjs', root), 'utf8'));
  });
});
