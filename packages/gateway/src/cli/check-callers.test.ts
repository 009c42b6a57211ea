import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findClosedPort } from '../../../testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../../testkit/src/token-server.ts';
import { runCommand } from './io.testkit.ts';

const gateway = { clientId: 'gateway', clientSecret: 'gateway-secret-0123' };
let folder = '';
let server: TokenServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  server = await startTokenServer([gateway]);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface CallerServersReport {
  readonly problems: readonly Record<string, unknown>[];
  readonly connections: readonly Record<string, unknown>[];
}

async function check(kind: string, options: object): Promise<CallerServersReport> {
  const file = join(folder, 'routes.json');
  writeFileSync(file, JSON.stringify({ http: { middlewares: { one: { plugin: { [kind]: options } } } } }));
  const { stdout } = await runCommand(['check', file, '--connect', '--json']);
  expect(stdout).not.toContain(gateway.clientSecret);
  return JSON.parse(stdout) as CallerServersReport;
}

const introspection = (more: object = {}) => ({
  clientConfig: { url: server.introspectionUrl },
  clientID: gateway.clientId,
  clientSecret: gateway.clientSecret,
  ...more,
});

describe('check --connect', () => {
  it('requests the keys of jwt, by the metadata of the issuer or at a URL', async () => {
    const { issuer } = server;
    for (const keys of [{ issuer }, { jwksUrl: `${issuer}/jwks`, issuers: [issuer] }, { jwksUrl: '/jwks', issuers: [issuer] }])
      expect(await check('jwt', { ...keys, audience: 'api' })).toMatchObject({
        connections: [{ kind: 'keys', detail: '1 key' }],
      });
  }); // prettier-ignore

  it('reports keys of jwt that cannot be obtained', async () => {
    const url = `http://127.0.0.1:${await findClosedPort()}/jwks`;
    const { connections, problems } = await check('jwt', { jwksUrl: url, issuers: ['https://as.example'], audience: 'api' });
    expect(connections).toMatchObject([{ kind: 'keys', target: url }]);
    expect(problems).toContainEqual(expect.objectContaining({ severity: 'error', code: 'keys_unavailable', path: 'one@file.jwksUrl' }));
  }); // prettier-ignore

  it('introspects a token that does not exist, with signed responses where they are verified', async () => {
    expect(await check('oAuthIntrospection', introspection())).toMatchObject({
      connections: [{ kind: 'introspection endpoint', target: server.introspectionUrl, detail: 'introspects tokens' }],
    });
    expect(await check('oAuthIntrospection', introspection({ verify: { issuer: server.issuer } }))).toMatchObject({
      connections: [{ detail: 'introspects tokens, with signed responses' }, { kind: 'keys', detail: '1 key' }],
    });
  }); // prettier-ignore

  it('reports that the introspection endpoint refuses the gateway', async () => {
    const { problems } = await check(
      'oAuthIntrospection',
      introspection({ clientSecret: 'wrong-secret-0123' }),
    );
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'credentials_refused', path: 'one@file.clientConfig.url' }),
    );
  });
});
