import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startRedisCluster } from '../../../testkit/src/redis/redis-cluster.ts';
import { startRedisSentinel } from '../../../testkit/src/redis/redis-sentinel.ts';
import { startSingleRedis } from '../../../testkit/src/redis/redis.ts';
import type { AuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { startIssuer } from '../../../middleware/src/token/discovery/issuer.testkit.ts';
import {
  findClosedPort,
  json,
  startRawServer,
  startScriptedServer,
} from '../../../testkit/src/scripted-server.ts';
import { runCommand } from './io.testkit.ts';

const authority = createTestAuthority();
const password = randomBytes(12).toString('hex');
const clientSecret = randomBytes(12).toString('hex');
let folder = '';
let server: AuthorizationServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  server = await startAuthorizationServer({ clients: [{ clientId: 'gateway', clientSecret }] });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
function keep<T extends { close(): Promise<void> }>(part: T): T {
  closing.push(() => part.close());
  return part;
}

type CheckOptions = Record<string, unknown>;
interface CheckReport {
  readonly errors: number;
  readonly problems: readonly Record<string, unknown>[];
  readonly connections: readonly Record<string, unknown>[];
}

/** Checks middlewares, and verifies that no secret is shown. */
async function check(middlewares: Record<string, CheckOptions>, ...flags: readonly string[]) {
  const plugins = Object.entries(middlewares).map(([name, options]) => [
    name,
    { plugin: { oAuthClientCredentials: options } },
  ]);
  const text = JSON.stringify(
    { http: { middlewares: Object.fromEntries(plugins) as CheckOptions } },
    null,
    2,
  );
  writeFileSync(join(folder, 'app.json'), text);
  const { code, stdout, stderr } = await runCommand(['check', 'app.json', '--connect', ...flags], {
    cwd: folder,
  });
  for (const secret of [password, clientSecret, storeSecret, 'guessed', 'eyJ', 'PRIVATE KEY'])
    expect(stdout + stderr).not.toContain(secret);
  /** The position of a piece of the file. */
  const placeOf = (piece: string): string => {
    const before = text.slice(0, text.indexOf(piece)).split('\n');
    return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  };
  return { code, stdout, placeOf };
}
async function report(options: CheckOptions): Promise<CheckReport & { readonly code: number }> {
  const { code, stdout } = await check({ creds: options }, '--json');
  return { code, ...(JSON.parse(stdout) as CheckReport) };
}

const storeSecret = 'sealed-by-these-sixteen-and-more';
const withStore = (redis: CheckOptions, keyPrefix = ''): CheckOptions => ({
  url: server.url,
  store: { secret: storeSecret, keyPrefix, redis },
});
/** Lines of the report about a store. */
async function said(redis: CheckOptions): Promise<unknown> {
  const { code, problems, connections } = await report(withStore(redis));
  const store = connections.find(({ kind }) => kind === 'store');
  expect(code).toBe(store?.['ok'] === true ? 0 : 1);
  expect(problems.map((problem) => problem['code'])).toEqual(
    store?.['ok'] === true ? [] : ['store_unreachable'],
  );
  return store?.['detail'];
}
const at = (endpoints: readonly { readonly port: number }[]): string[] =>
  endpoints.map(({ port }) => `127.0.0.1:${port}`);

describe('grantgate check --connect', () => {
  it('tries each store and token endpoint once, and reports which work', async () => {
    const redis = keep(await startSingleRedis({ password }));
    const store = { secret: storeSecret, redis: { endpoints: at(redis.options.endpoints), password } };
    const callers = { url: server.url, store };
    const before = server.tokenRequests.length;
    const { code, stdout } = await check({
      callers,
      others: callers,
      own: { ...callers, clientID: 'gateway', clientSecret },
    });
    expect(stdout).toBe(
      [
        `token endpoint ${server.url}: reachable (the token endpoint responded with 400)`,
        `store ${store.redis.endpoints[0]}: available`,
        `token endpoint ${server.url}: grants a token (token_type Bearer)`,
        '0 errors, 0 warnings (0 routers, 3 middlewares, 0 services)\n',
      ].join('\n'),
    );
    expect(code).toBe(0);
    expect(
      server.tokenRequests
        .slice(before)
        .map(({ status }) => status)
        .sort(),
    ).toEqual([200, 400]);
    expect(await redis.server.command('DBSIZE')).toBe(0);
  });

  it('reports each problem at its place, once for all middlewares that share it, and exits 1', async () => {
    const port = await findClosedPort();
    const broken = {
      Url: `http://127.0.0.1:${port}/token?key=guessed`,
      Store: { secret: storeSecret, Redis: { Endpoints: [`127.0.0.1:${port}`] } },
    };
    const { code, stdout, placeOf } = await check({ first: broken, second: broken, ignored: { url: 7 } });
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    expect(lines).toContain(
      `app.json:${placeOf('http://127')}: error: first@file.url: cannot reach the token endpoint: connection refused (also for 1 other middleware) [token_endpoint_unreachable]`,
    );
    expect(lines).toContain(
      `app.json:${placeOf('Endpoints"')}: error: first@file.store.redis.endpoints: the store is unavailable: connection refused (also for 1 other middleware) [store_unreachable]`,
    );
    expect(lines).toContain(`store 127.0.0.1:${port}: connection refused`);
    expect(stdout).toContain('3 errors, 0 warnings');
  });

  it('reports the fault of a server', async () => {
    const redis = keep(await startSingleRedis({ password }));
    const endpoints = at(redis.options.endpoints);
    expect(await said({ endpoints })).toBe('authentication failed: a password is required');
    expect(await said({ endpoints, password: 'guessed' })).toBe(
      'authentication failed: wrong user or password',
    );
    expect(await said({ endpoints, password, cluster: {} })).toBe('not a cluster');
    expect(await said({ endpoints: ['no-such-host.invalid:6379'] })).toBe('host name not found');
    await redis.server.command('ACL', 'SETUSER', 'reader', 'on', `>${password}`, '~*', '+@all', '-set');
    expect(await said({ endpoints, username: 'reader', password })).toBe(
      'no permission: the ACL user may not do this',
    );
    await redis.server.command('REPLICAOF', '127.0.0.1', '1');
    expect(await said({ endpoints, password })).toBe('read-only');
  });

  it('reports a TLS fault of a server', async () => {
    const [plain, secure] = await Promise.all([startSingleRedis(), startSingleRedis({ authority })]);
    keep(plain);
    keep(secure);
    const endpoints = at(secure.options.endpoints);
    const { cert, key } = authority.issue('a gateway');
    expect(await said({ endpoints, tls: { ca: authority.cert, cert, key } })).toBe('available');
    expect(await said({ endpoints, tls: { cert, key } })).toMatch(
      /^TLS: the server's certificate is not trusted/,
    );
    expect(await said({ endpoints, tls: { ca: authority.cert } })).toMatch(/^TLS: .* a client certificate/);
    expect(await said({ endpoints })).toMatch(/perhaps the server expects TLS$/);
    expect(await said({ endpoints: at(plain.options.endpoints), tls: {} })).toMatch(
      /^TLS: .* the server does not support TLS/,
    );
  });

  it('reports that a server does not respond', async () => {
    const silent = keep(await startRawServer(() => {}));
    expect(await said({ endpoints: [new URL(silent.url).host] })).toBe('time-out');
  });

  it('connects to a cluster, and does not mistake it for a single server', async () => {
    const { options } = keep(await startRedisCluster());
    const endpoints = at(options.endpoints);
    expect(await said({ endpoints, cluster: {} })).toBe('available');
    expect(await said({ endpoints: endpoints.slice(0, 1) })).toBe('a cluster, but `cluster` is not set');
  });

  it('reports the fault of sentinels', async () => {
    const { options } = keep(await startRedisSentinel());
    const endpoints = at(options.endpoints);
    expect(await said({ endpoints, sentinel: { masterSet: 'tokens' } })).toBe('available');
    expect(await said({ endpoints, sentinel: { masterSet: 'others' } })).toBe('unknown master set');
    expect(
      await said({ endpoints: [`127.0.0.1:${await findClosedPort()}`], sentinel: { masterSet: 'tokens' } }),
    ).toBe('no sentinel can be reached: connection refused');
  });

  it('reports that the credentials of a gateway are refused', async () => {
    const own = { url: server.url, clientID: 'gateway', clientSecret: 'guessed' };
    const { code, problems } = await report(own);
    expect(code).toBe(1);
    expect(problems).toMatchObject([
      { code: 'credentials_refused', path: 'creds@file.url', message: 'the token endpoint responded with 401 invalid_client: client authentication failed' },
    ]); // prettier-ignore
  });

  it.each<[string, CheckOptions, CheckOptions, string, string]>([
    ['has no lifetime', {}, {}, 'token_without_lifetime', 'grants a token without a lifetime, so each request causes a token request: set tokenLifetime to its validity'],
    ['expired already', { expires_in: 0 }, {}, 'token_expired', 'grants a token that has already expired, so each request causes a token request'],
    ['has another type', { expires_in: 60, token_type: 'BearerToken' }, {}, 'token_endpoint_unreachable', 'the token endpoint responded with 200 without a Bearer token (RFC 6749 section 5.1): token_type is "BearerToken", expected "Bearer": if it is a bearer token, list "BearerToken" in acceptedTokenTypes'],
  ])('reports that the token %s', async (_, fields, options, code, message) => {
    const issuing = keep(await startScriptedServer((response) => json(response, 200, { access_token: 'x', token_type: 'Bearer', ...fields })));
    const own = { url: issuing.url, clientID: 'gateway', clientSecret, ...options };
    expect((await report(own)).problems).toMatchObject([{ code, message }]);
    const cured = await report({ ...own, tokenLifetime: '2h', acceptedTokenTypes: ['BearerToken'] });
    expect(cured.problems).toHaveLength(code === 'token_expired' ? 1 : 0);
  }); // prettier-ignore

  it.each([
    ['Bearer', 'grants a token (token_type Bearer)'],
    ['bearer', 'grants a token (token_type bearer)'],
    ['BearerToken', 'grants a token (token_type BearerToken)'],
    [undefined, 'grants a token (without token_type)'],
  ])('shows the type of a valid token: %s', async (type, detail) => {
    const body = { access_token: 'x', expires_in: 60, token_type: type };
    const issuing = keep(await startScriptedServer((response) => json(response, 200, body)));
    const own = { clientID: 'gateway', clientSecret, acceptedTokenTypes: ['BearerToken', ''] };
    const { code, connections } = await report({ url: issuing.url, ...own });
    expect(code).toBe(0);
    expect(connections).toMatchObject([{ ok: true, detail }]);
  });

  it.each([['application', {}], ['gateway', { clientID: 'gateway', clientSecret }]])('reports the fault of a token endpoint at %s level', async (_level, own) => {
    const secure = keep(await startAuthorizationServer({ clients: [], tls: authority.issue('as', ['127.0.0.1']) }));
    const silent = keep(await startRawServer(() => {}));
    const detailOf = async (url: string, more: CheckOptions = {}): Promise<unknown> => {
      const { code, problems } = await report({ url, ...own, ...more });
      expect(code).toBe(1);
      expect(problems.map((problem) => problem['code'])).toEqual(['token_endpoint_unreachable']);
      return problems[0]?.['message'];
    };
    expect(await detailOf(secure.url)).toMatch(/cannot reach the token endpoint: TLS: the server's certificate is not trusted/);
    expect(await detailOf(server.url.replace('http:', 'https:'))).toMatch(/TLS: the server does not support TLS/);
    expect(await detailOf(silent.url, { clientConfig: { timeoutSeconds: 1 } })).toBe(
      'the token endpoint did not respond within 1 s',
    );
  }); // prettier-ignore

  it('warns that a server without OAuth may not be a token endpoint, and sends it no made-up credentials', async () => {
    const page = keep(await startScriptedServer((response) => json(response, 200, { hello: 'world' })));
    const missing = keep(await startScriptedServer((response) => json(response, 404, {})));
    for (const [scripted, answer] of [[page, 200], [missing, 404]] as const) {
      const callers = await report({ url: scripted.url });
      expect(callers).toMatchObject({ code: 0, problems: [{ severity: 'warning' }] });
      expect(callers.problems[0]?.['message']).toBe(`the token endpoint responded with ${answer}: this may not be a token endpoint`);
      expect(scripted.requests).toHaveLength(1);
      expect(scripted.requests[0]?.headers.authorization).toBeUndefined();
      expect(scripted.requests[0]?.body.toString()).toBe('grant_type=client_credentials');
      const own = await report({ url: scripted.url, clientID: 'gateway', clientSecret });
      expect(own).toMatchObject({ code: 1, problems: [{ code: 'token_endpoint_unreachable' }] });
      expect(own.problems[0]?.['message']).toMatch(/this may not be a token endpoint$/);
    }
  }); // prettier-ignore
});

describe('grantgate check --connect with an issuer', () => {
  it.each([
    ['says what the issuer names, for callers', {}, 'reachable (the token endpoint responded with 400)'],
    [
      'requests a token, for the gateway',
      { clientID: 'gateway', clientSecret },
      'grants a token (token_type Bearer)',
    ],
  ])('%s', async (_what, more, detail) => {
    const { code, stdout } = await check({ creds: { issuer: server.issuer, ...more } });
    expect(stdout).toContain(`issuer ${server.issuer}: ${detail}; token endpoint ${server.url}\n`);
    expect(code).toBe(0);
  });

  it('reports at the option why the metadata are unusable', async () => {
    const port = await findClosedPort();
    const alias = server.issuer.replace('127.0.0.1', 'localhost');
    const found = await check({ down: { Issuer: `http://127.0.0.1:${port}` }, other: { issuer: alias } });
    expect(found.code).toBe(1);
    const lines = found.stdout.split('\n');
    expect(lines).toContain(
      `app.json:${found.placeOf(`http://127.0.0.1:${port}`)}: error: down@file.issuer: cannot reach the issuer: connection refused [discovery_failed]`,
    );
    expect(found.stdout).toContain(`issuer is "${server.issuer}", expected "${alias}"`);
    expect(found.stdout).toContain(
      `issuer http://127.0.0.1:${port}: cannot reach the issuer: connection refused`,
    );
  });

  it('shows no secret in the query of the endpoint that the issuer names', async () => {
    const issuer = keep(await startIssuer());
    issuer.publish({ token_endpoint: `${issuer.origin}/token?key=guessed` });
    const { stdout } = await check({ creds: { issuer: issuer.issuer } });
    expect(stdout).toContain(`; token endpoint ${issuer.origin}/token\n`);
  });
});
