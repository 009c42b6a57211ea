import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DemoAuthorizationServer } from '@grantgate/demo/authorization-server';
import { startAuthorizationServer } from '@grantgate/demo/authorization-server';
import { startIssuer } from '../../../middleware/src/token/discovery/issuer.testkit.ts';
import { json, startScriptedServer } from '../../../testkit/src/scripted-server.ts';
import { runCommand } from './io.testkit.ts';

const claims = { grp: 'admin', team: { name: 'Zürich' }, many: [1, 2], dollar: "$& $'" };
let server: DemoAuthorizationServer;
let folder = '';

beforeAll(async () => {
  server = await startAuthorizationServer(0, [
    { clientId: 'orders', clientSecret: 'orders-secret', claims },
    { clientId: 'visitor', clientSecret: 'visitor-secret', claims: { grp: 'guest' } },
    { clientId: 'own', clientSecret: 'own-secret', claims: { grp: 'admin' } },
  ]);
});
afterAll(() => server.close());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  writeFileSync(
    join(folder, 'app.yaml'),
    `http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: up, middlewares: [callers, many] } }
  services: { up: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } } }
  middlewares:
    callers:
      plugin:
        oAuthClientCredentials:
          url: ${server.url}/token
          claims: Equals(\`grp\`, \`admin\`)
          forwardHeaders: { Team: team.name, X-Missing: nope }
    broken: { plugin: { oAuthClientCredentials: { url: "${server.url}/token", claims: "Equals(" } } }
    many: { chain: { middlewares: [callers] } }
    slow: { digestAuth: {} }
`,
  );
  const kubernetes = (namespace: string, name: string): string => `---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  plugin:
    oAuthClientCredentials:
      url: ${server.url}/token
      clientID: own
      clientSecret: urn:env:OWN_SECRET
      claims: Equals(\`grp\`, \`admin\`)
`;
  writeFileSync(
    join(folder, 'own.yaml'),
    kubernetes('apps', 'own') + kubernetes('apps', 'twice') + kubernetes('shop', 'twice'),
  );
  writeFileSync(join(folder, 'secret.txt'), 'orders-secret\n');
  writeFileSync(join(folder, 'marked.txt'), '\uFEFForders-secret\r\n');
  return () => rmSync(folder, { recursive: true });
});

const token = (argv: readonly string[], env: Record<string, string> = {}, stdin = '') =>
  runCommand(['token', ...argv], { cwd: folder, env, stdin });
const wholeToken = /eyJ[\w-]+\.[\w-]+\.[\w-]+/;

describe('grantgate token', () => {
  it('shows verdict, claims, reasons and headers for a caller, but not the token', async () => {
    const { code, stdout, stderr } = await token([
      'callers', 'app.yaml', '--client-id', 'orders', '--client-secret-file', 'secret.txt',
    ]); // prettier-ignore
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`callers@file  application level, client orders, ${server.url}/token\nallowed\n`);
    expect(stdout).toContain('\ntoken  JWT, token_type Bearer, 3600 s\n');
    expect(stdout).toMatch(/^ {2}team +\{"name":"Zürich"\}$/m);
    expect(stdout).toContain('  true   Equals(`grp`, `admin`)  the claim grp is "admin"\n');
    expect(stdout).toMatch(/^headers\n {2}Authorization {2}Bearer \[hidden\]\n {2}Team +Zürich\n {2}X-Missing\n$/m);
    expect(stdout).not.toMatch(wholeToken);
    expect(stdout).not.toContain('orders-secret');
  }); // prettier-ignore

  it.each([
    ['the environment', [], { GRANTGATE_CLIENT_SECRET: 'orders-secret' }, ''],
    ['a file with a byte order mark', ['--client-secret-file', 'marked.txt'], {}, ''],
    ['standard input', ['--client-secret-file', '-'], { GRANTGATE_CLIENT_SECRET: 'other' }, 'orders-secret\r\n'],
  ] as const)('takes the secret from %s', async (_where, flags, env, stdin) => {
    const { code } = await token(['callers', 'app.yaml', '--client-id', 'orders', ...flags], env, stdin);
    expect(code).toBe(0);
  }); // prettier-ignore

  it('shows the token on request', async () => {
    const env = { OWN_SECRET: 'own-secret' };
    const shown = await token(['own', 'own.yaml', '--reveal'], env);
    expect(shown.code).toBe(0);
    const [value = ''] = wholeToken.exec(shown.stdout) ?? [];
    expect(shown.stdout).toMatch(/^ {2}eyJ/m);
    expect(shown.stdout).toContain(`  Authorization  Bearer ${value}\n`);
    const json = await token(['own', 'own.yaml', '--reveal', '--json'], env);
    expect((JSON.parse(json.stdout) as { token: { value: string } }).token.value).toMatch(wholeToken);
  });

  it('exits 1 with the claims and the reason when the claims are refused', async () => {
    const { code, stdout } = await token(
      ['callers@file', 'app.yaml', '--client-id', 'visitor'],
      { GRANTGATE_CLIENT_SECRET: 'visitor-secret' },
    ); // prettier-ignore
    expect(code).toBe(1);
    expect(stdout).toContain('refused  403 claims_not_satisfied: ');
    expect(stdout).toContain('  false  Equals(`grp`, `admin`)  the claim grp is "guest"\n');
    expect(stdout).not.toContain('headers');
    expect(stdout).not.toMatch(wholeToken);
  });

  it('exits 1 when the credentials are refused, without a token to show', async () => {
    const { code, stdout } = await token(['callers', 'app.yaml', '--client-id', 'orders', '--json'], {
      GRANTGATE_CLIENT_SECRET: 'guess',
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      middleware: 'callers@file',
      level: 'application',
      clientId: 'orders',
      url: `${server.url}/token`,
      calls: [],
      allowed: false,
      refusal: {
        status: 401,
        code: 'credentials_refused',
        detail: 'the token endpoint responded with 401 invalid_client',
        authorizationServer:
          'the token endpoint responded with 401 invalid_client: client authentication failed',
      },
      headers: {},
    });
    expect(stdout).not.toContain('guess');
  });

  it.each([
    [
      401,
      { error: 'invalid_client', error_description: 'AADSTS7000222: the secret has\r\nexpired' },
      'refused  401 credentials_refused: the token endpoint responded with 401 invalid_client: AADSTS7000222: the secret has expired\n',
    ],
    [
      400,
      { error: 'unknown_audience', error_description: 'x'.repeat(400) },
      `refused  502 token_request_rejected: the token endpoint responded with 400 unknown_audience: ${'x'.repeat(297)}...\n`,
    ],
    [
      200,
      { access_token: 'opaque', token_type: 'mac' },
      'refused  502 token_response_invalid: the token endpoint responded with 200 without a Bearer token (RFC 6749 section 5.1): token_type is "mac", expected "Bearer": if it is a bearer token, list "mac" in acceptedTokenTypes\n',
    ],
    [200, {}, ': access_token is missing\n'],
  ])('shows operators the error of the authorization server in a %i: %j', async (status, body, expected) => {
    const scripted = await startScriptedServer((response) => json(response, status, body));
    try {
      const text = `http: { middlewares: { m: { plugin: { oAuthClientCredentials: { url: "${scripted.url}" } } } } }`;
      writeFileSync(join(folder, 'scripted.yaml'), text);
      const { code, stdout } = await token(['m', 'scripted.yaml', '--client-id', 'orders'], {
        GRANTGATE_CLIENT_SECRET: 'guess',
      });
      expect(code).toBe(1);
      expect(stdout).toContain(expected);
    } finally {
      await scripted.close();
    }
  });

  it.each([
    ['bearer', 'opaque, token_type bearer, 60 s', 'bearer'],
    ['BearerToken', 'opaque, token_type BearerToken, 60 s', 'BearerToken'],
    [undefined, 'opaque, without token_type, 60 s', ''],
  ])('shows the token_type %j of a token', async (type, expected, inJson) => {
    const body = { access_token: 'opaque', token_type: type, expires_in: 60 };
    const scripted = await startScriptedServer((response) => json(response, 200, body));
    try {
      const text = `http: { middlewares: { m: { plugin: { oAuthClientCredentials: { url: "${scripted.url}", acceptedTokenTypes: ["", "BearerToken"] } } } } }`;
      writeFileSync(join(folder, 'scripted.yaml'), text);
      const argv = ['m', 'scripted.yaml', '--client-id', 'orders'];
      const env = { GRANTGATE_CLIENT_SECRET: 'guess' };
      expect((await token(argv, env)).stdout).toContain(`\ntoken  ${expected}\n`);
      const report: unknown = JSON.parse((await token([...argv, '--json'], env)).stdout);
      expect(report).toMatchObject({ token: { type: inJson } });
    } finally {
      await scripted.close();
    }
  });

  it('shows the token endpoint of the issuer, or the fault when it names none', async () => {
    const issuer = await startIssuer();
    const env = { GRANTGATE_CLIENT_SECRET: 'guess' };
    const text = `http: { middlewares: { m: { plugin: { oAuthClientCredentials: { issuer: "${issuer.issuer}" } } } } }`;
    writeFileSync(join(folder, 'issuer.yaml'), text);
    try {
      const refused = await token(['m', 'issuer.yaml', '--client-id', 'orders'], env);
      expect(refused.code).toBe(1);
      expect(refused.stdout).toContain(`client orders, issuer ${issuer.issuer}\n`);
      expect(refused.stdout).toContain(
        'refused  503 authorization_server_unavailable: the issuer responded with 404 ',
      );
      expect(refused.stdout).toContain('openid-configuration: responded with 404');
      issuer.publish();
      const { code, stdout } = await token(['m', 'issuer.yaml', '--client-id', 'orders'], env);
      expect(code).toBe(0);
      expect(stdout).toContain(`client orders, issuer ${issuer.issuer}, ${issuer.origin}/token\nallowed\n`);
      const json = await token(['m', 'issuer.yaml', '--client-id', 'orders', '--json'], env);
      expect(JSON.parse(json.stdout)).toMatchObject({ issuer: issuer.issuer, url: `${issuer.origin}/token` });
    } finally {
      await issuer.close();
    }
  });

  it('prints JSON with the claims as written in the token', async () => {
    const { stdout } = await token(['callers', 'app.yaml', '--client-id', 'orders', '--json'], {
      GRANTGATE_CLIENT_SECRET: 'orders-secret',
    });
    expect(JSON.parse(stdout)).toMatchObject({
      allowed: true,
      token: { lifetimeSeconds: 3600, claims },
      headers: { Authorization: 'Bearer [hidden]', Team: 'Zürich', 'X-Missing': '' },
      calls: [{ text: 'Equals(`grp`, `admin`)', result: true }],
    });
    expect(stdout).not.toMatch(wholeToken);
  });

  it.each(['own', 'apps-own', 'apps-own@kubernetescrd'])(
    'finds a Middleware by the name %s',
    async (name) => {
      const { code, stdout } = await token([name, 'own.yaml'], { OWN_SECRET: 'own-secret' });
      expect(code).toBe(0);
      expect(stdout).toContain('apps-own@kubernetescrd  gateway level, client own, ');
    },
  );

  it('exits 1 for a broken middleware, and shows only its problems', async () => {
    const broken = await token(['broken', 'app.yaml']);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/^app\.yaml:11:\d+: error: broken@file\.claims: /);
    const missing = await token(['own', 'app.yaml', 'own.yaml']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('OWN_SECRET');
    expect(missing.stderr).not.toContain('broken@file');
  });

  it('exits 1 for a middleware that is defined twice', async () => {
    const text = `http: { middlewares: { callers: { plugin: { oAuthClientCredentials: { url: "${server.url}/token" } } } } }`;
    writeFileSync(join(folder, 'again.yaml'), text);
    const { code, stderr } = await token(['callers', 'again.yaml', 'app.yaml']);
    expect(code).toBe(1);
    expect(stderr).toContain('error: the middleware callers@file is invalid: it refuses every request\n');
  });

  it.each([
    [['calers', 'app.yaml'], 'there is no middleware calers: did you mean callers?'],
    [['many', 'app.yaml'], 'many is a chain: name one of its middlewares'],
    [['slow', 'app.yaml'], 'slow is invalid: the middleware type digestAuth is not supported'],
    [['twice', 'own.yaml'], 'twice is ambiguous: expected one of apps-twice@kubernetescrd, shop-twice@kubernetescrd'],
    [['callers', 'app.yaml'], 'each caller brings its own client ID and secret: pass --client-id ID'],
    [['callers', 'app.yaml', '--client-id', 'orders'], 'missing client secret: pass it in --client-secret-file FILE or GRANTGATE_CLIENT_SECRET'],
    [['callers', 'app.yaml', '--client-id', 'a:b'], '--client-id: expected a non-empty client ID without a colon'],
    [['own', 'own.yaml', '--client-id', 'orders'], 'the middleware has its own client ID and secret: pass none'],
    [['callers'], 'expected paths of routes, or --config FILE'],
    [['callers', 'app.yaml', '--client-id', 'orders', '--client-secret-file', 'nope'], 'nope cannot be read (ENOENT)'],
  ])('exits 2 for %j', async (argv, message) => {
    const { code, stdout, stderr } = await token(argv, { OWN_SECRET: 'own-secret' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${message}`);
  }); // prettier-ignore
});
