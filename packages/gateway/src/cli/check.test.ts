import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './io.testkit.ts';

const right = `http:
  routers:
    api: { rule: "PathPrefix(\`/\`)", service: api, middlewares: [creds], entryPoints: [web] }
  services:
    api: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
  middlewares:
    creds: { plugin: { oAuthClientCredentials: { url: "https://a.example.com/token" } } }
`;
const wrong = `http:
  routers:
    api:
      rule: PathPrefix(\`/\`) && Nope(\`x\`)
      middlewares: [cred]
  services:
    api: { loadBalancer: { servers: [{ url: "ftp://x" }] } }
  middlewares:
    creds:
      plugin:
        oAuthClientCredentials:
          url: http://a.example.com/token
          clientSecret: do-not-show-me
          claims: Equals(\`grp\`)
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  mkdirSync(join(folder, 'routes'));
  writeFileSync(join(folder, 'routes', 'right.yaml'), right);
  writeFileSync(join(folder, 'wrong.yaml'), wrong);
  writeFileSync(join(folder, 'warned.yaml'), right.replace('https:', 'http:'));
  writeFileSync(
    join(folder, 'grantgate.yaml'),
    'entryPoints: { internal: { adress: ":80" } }\nproviders: { file: { directory: routes } }\n',
  );
  writeFileSync(
    join(folder, 'other.yaml'),
    'entryPoints: { wep: { address: ":80" } }\nproviders: { file: { directory: routes } }\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const check = (...argv: string[]) => runCommand(['check', ...argv], { cwd: folder });

describe('grantgate check', () => {
  it('reports no problems in a correct configuration, and exits 0', async () => {
    expect(await check('routes')).toEqual({
      code: 0,
      stdout: '0 errors, 0 warnings (1 router, 1 middleware, 1 service)\n',
      stderr: '',
    });
  });

  it('lists every problem at once with file, line and column, and exits 1', async () => {
    const { code, stdout } = await check('wrong.yaml');
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^wrong\.yaml:3:5: error: http\.routers\.api\.service: is required \[missing_option\]$/),
      expect.stringMatching(/^wrong\.yaml:4:32: error: api@file\.rule: unknown function Nope.* \[invalid_rule\]$/),
      expect.stringMatching(/^wrong\.yaml:5:21: error: .*there is no middleware cred@file: did you mean creds@file\? \[missing_reference\]$/),
      expect.stringMatching(/^wrong\.yaml:7:46: error: .*expected an http, https or h2c URL \[invalid_value\]$/),
      expect.stringMatching(/^wrong\.yaml:12:16: warning: creds@file\.url: .* \[insecure\]$/),
      expect.stringMatching(/^wrong\.yaml:13:25: error: creds@file\.clientSecret: clientID is missing.* \[missing_option\]$/),
      expect.stringMatching(/^wrong\.yaml:14:19: error: creds@file\.claims: .* \[invalid_expression\]$/),
      expect.stringMatching(/^6 errors, 1 warning \(/),
    ]); // prettier-ignore
    expect(stdout).not.toContain('do-not-show-me');
  });

  it('exits 0 when there are only warnings', async () => {
    const { code, stdout } = await check('warned.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain('0 errors, 1 warning');
  });

  it('prints JSON', async () => {
    const { code, stdout } = await check('wrong.yaml', '--json');
    expect(code).toBe(1);
    const { errors, warnings, problems } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ errors, warnings }).toEqual({ errors: 6, warnings: 1 });
    expect(problems).toContainEqual({
      file: 'wrong.yaml',
      line: 3,
      column: 5,
      severity: 'error',
      code: 'missing_option',
      path: 'http.routers.api.service',
      message: 'is required',
    });
  });

  it('reads the routes that an install configuration names, and checks their entry points', async () => {
    const { code, stdout } = await check('--config', 'other.yaml');
    expect(code).toBe(1);
    expect(stdout).toContain('there is no entry point web: did you mean wep? [missing_reference]');
    const broken = await check('--config', 'grantgate.yaml');
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain(
      'grantgate.yaml:1:28: error: entryPoints.internal.adress: unknown option',
    );
  });

  it('takes the entry points of an install configuration beside the routes', async () => {
    const beside = join(folder, 'beside');
    mkdirSync(beside);
    writeFileSync(join(beside, 'a.yaml'), right.replace('[web]', '[websecure, wbsecure], tls: {}'));
    writeFileSync(
      join(beside, 'traefik.toml'),
      '[entrypoints.websecure]\naddress = ":443"\n[entrypoints.websecure.http.tls]\n[providers.docker]\n',
    );
    const { code, stdout } = await check('beside');
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'beside/a.yaml:3:98: error: api@file.entryPoints[1]: there is no entry point wbsecure: did you mean websecure? [missing_reference]',
      'beside/traefik.toml: warning: is an install configuration: skipped; to use it, pass it with --config [passed_over]',
      '1 error, 1 warning (1 router, 1 middleware, 1 service)',
    ]);
  });

  it('reads the routes of a static file that names itself in providers.file', async () => {
    writeFileSync(
      join(folder, 'traefik.toml'),
      `[entryPoints.web]
address = ":80"
[providers.file]
filename = "traefik.toml"
[http.routers.a]
rule = "Path(\`/\`)"
service = "s"
entryPoints = ["wbe"]
[[http.services.s.loadBalancer.servers]]
url = "http://127.0.0.1:1"
`,
    );
    const { code, stdout } = await check('traefik.toml');
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(
        /^traefik.toml:8:\d+: error: a@file.*: there is no entry point wbe: did you mean web\?/,
      ),
      '1 error, 0 warnings (1 router, 0 middlewares, 1 service)',
    ]);
  });

  it('assumes the entry points that routes name when there is no install configuration', async () => {
    writeFileSync(join(folder, 'secure.yaml'), right.replace('[web]', '[websecure], tls: {}'));
    const { code, stdout } = await check('secure.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'secure.yaml:3:87: warning: api@file.entryPoints[0]: the entry point websecure is assumed to exist: grantgate serve requires an install configuration (--config) that defines it [assumed_entry_point]',
    );
  });

  it('takes a single path for the install configuration if it is one', async () => {
    const named = await check('--config', 'other.yaml');
    expect(await check('other.yaml')).toEqual(named);
  });

  it('reports a path that does not exist', async () => {
    const { code, stdout } = await check('nowhere');
    expect(code).toBe(1);
    expect(stdout).toContain('nowhere: error: cannot be read (ENOENT) [unreadable_file]');
  });

  it('exits 2 when there is nothing to check', async () => {
    expect(await check()).toMatchObject({
      code: 2,
      stderr: 'error: expected paths of routes, or --config FILE\n',
    });
    expect(await check('--config', 'nowhere.yaml')).toMatchObject({
      code: 2,
      stderr: 'error: nowhere.yaml cannot be read (ENOENT)\n',
    });
  });
});

describe('local references in files', () => {
  const middlewares = `http:
  middlewares:
    creds: { plugin: { oAuthClientCredentials: { url: "https://a.example.com/token", clientID: "urn:env:HOME", clientSecret: "urn:file:SECRET" } } }
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: tenant, namespace: apps }
spec: { plugin: { oAuthClientCredentials: { url: "https://a.example.com/token", clientID: id, clientSecret: "URN:file:SECRET" } } }
`;
  let secret = '';
  beforeAll(() => {
    mkdirSync(join(folder, 'shared'));
    secret = join(folder, 'shared', 'secret');
    writeFileSync(secret, 'hunter2');
    mkdirSync(join(folder, 'tenants'));
    writeFileSync(join(folder, 'tenants', 'm.yaml'), middlewares.replaceAll('SECRET', secret));
  });
  const checkWith = async (allowed: string) => {
    const file = `providers: { file: { directory: tenants${allowed} } }`;
    writeFileSync(join(folder, 'local.yaml'), file);
    return runCommand(['check', '--config', 'local.yaml'], { cwd: folder, env: { HOME: '/root' } });
  };

  it('can be used by the operator, who owns the files', async () => {
    expect((await checkWith('')).stdout).toContain('0 errors');
  });

  it('are refused in both formats when the operator allows none', async () => {
    const { code, stdout } = await checkWith(', allowLocalReferences: []');
    expect(code).toBe(1);
    expect(stdout.match(/providers\.file\.allowLocalReferences does not list it/g)).toHaveLength(3);
    expect(stdout).toMatch(
      /tenants\/m\.yaml:8:\d+: error: apps-tenant@kubernetescrd\.clientSecret: URN:file:/,
    );
    expect(stdout).not.toContain('hunter2');
  });

  it("are restricted to the operator's list", async () => {
    const { stdout } = await checkWith(`, allowLocalReferences: ["urn:file:${secret}"]`);
    expect(stdout.match(/\[forbidden_reference\]/g)).toHaveLength(1);
    expect(stdout).toContain('urn:env:HOME: not allowed here');
  });

  it('must be listed with their kind', async () => {
    const { code, stdout } = await checkWith(', allowLocalReferences: ["urn:file:/run/app*"]');
    expect(code).toBe(1);
    expect(stdout).toContain('providers.file.allowLocalReferences[0]: expected urn:env:VARIABLE');
  });
});
