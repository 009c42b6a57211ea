import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTokenServer, type TokenServer } from '../../../testkit/src/token-server.ts';
import { runCommand } from './io.testkit.ts';

const api = { clientId: 'api', clientSecret: 'api-secret' };
const caller = { clientId: 'orders', clientSecret: 'orders-secret' };
const hashOf = (key: string): string => {
  const digest = createHash('sha256').update(key).update('salt').digest();
  return `{SSHA256}${Buffer.concat([digest, Buffer.from('salt')]).toString('base64')}`;
};
let server: TokenServer;
let folder = '';

beforeAll(async () => {
  server = await startTokenServer([api, caller]);
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  writeFileSync(
    join(folder, 'app.yaml'),
    `http:
  middlewares:
    opaque:
      plugin:
        oAuthIntrospection:
          clientConfig: { url: "${server.introspectionUrl}" }
          clientID: api
          clientSecret: api-secret
          claims: Equals(\`client_id\`, \`orders\`)
          forwardHeaders: { X-Client: client_id }
          forwardAuthorization: true
    exchanged:
      plugin:
        oAuthTokenExchange:
          url: "${server.url}"
          clientID: api
          clientSecret: api-secret
          tokenSource: { header: X-Token }
          claims: Equals(\`sub\`, \`orders\`)
          forwardHeaders: { X-User: sub }
    keys:
      plugin:
        apiKey:
          keySource: { header: X-Api-Key }
          secretNonBase64Encoded: true
          claims: Equals(\`grp\`, \`admin\`)
          forwardHeaders: { X-Group: grp }
          keys:
            - { id: ada, secretValue: "${hashOf('key-of-ada')}", claims: { grp: admin } }
            - { id: bob, secretValue: "${hashOf('key-of-bob')}", claims: { grp: guest } }
`,
  );
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

const run = (name: string, credential: string, ...more: string[]) =>
  runCommand(['token', name, join(folder, 'app.yaml'), '--token-file', '-', ...more], { stdin: credential });

describe('grantgate token, of oAuthIntrospection', () => {
  it("shows the authorization server's response about a token, and the headers for the server", async () => {
    const token = await server.issue(caller);
    const { code, stdout } = await run('opaque', token);
    expect(code).toBe(0);
    expect(stdout).toContain(`opaque@file  oAuthIntrospection, ${server.introspectionUrl}\nallowed\n`);
    expect(stdout).toContain('client  orders, user orders\n');
    expect(stdout).toContain('  true   Equals(`client_id`, `orders`)  the claim client_id is "orders"\n');
    expect(stdout).toMatch(/headers\n {2}Authorization {2}\[hidden\]\n {2}X-Client +orders\n/);
    expect(stdout).not.toContain(token);
  });

  it('reports why a token is refused', async () => {
    const unknown = await run('opaque', 'guess');
    expect(unknown.code).toBe(1);
    expect(unknown.stdout).toContain(
      'refused  401 token_invalid: the introspection endpoint says that it is not active\n',
    );
    const other = await run('opaque', await server.issue(api), '--json');
    expect(other.code).toBe(1);
    expect(JSON.parse(other.stdout)).toMatchObject({
      kind: 'oAuthIntrospection',
      allowed: false,
      clientId: 'api',
      refusal: {
        status: 403,
        code: 'claims_not_satisfied',
        reason: 'Equals(`client_id`, `orders`) is false',
      },
      claims: { active: true, client_id: 'api' },
    });
  });
});

describe('grantgate token, of oAuthTokenExchange', () => {
  it('shows the claims of the new token, and the headers for the server', async () => {
    const token = await server.issue(caller);
    const { code, stdout } = await run('exchanged', token);
    expect(code).toBe(0);
    expect(stdout).toContain(`exchanged@file  oAuthTokenExchange, ${server.url}\nallowed\n`);
    expect(stdout).toContain('  true   Equals(`sub`, `orders`)  the claim sub is "orders"\n');
    expect(stdout).toMatch(/headers\n {2}Authorization {2}\[hidden\]\n {2}X-User +orders\n/);
    expect(stdout).not.toMatch(new RegExp(`${token}|eyJ`));
  });

  it('reports why a token is not exchanged', async () => {
    const { code, stdout } = await run('exchanged', 'guess', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'oAuthTokenExchange',
      allowed: false,
      refusal: {
        code: 'token_invalid',
        reason: 'the token endpoint responded with 400 invalid_request: the token is not known',
      },
    });
  });
});

describe('grantgate token, of apiKey', () => {
  it('shows the owner of a key, and the headers for the server', async () => {
    const { code, stdout } = await run('keys', 'key-of-ada\n');
    expect(code).toBe(0);
    expect(stdout).toContain('keys@file  apiKey, secretValues and keys\nallowed\n\nclient  ada, user ada\n');
    expect(stdout).toMatch(/headers\n {2}X-Group {2}admin\n/);
    expect(stdout).not.toContain('key-of-ada');
  });

  it('reports why a key is refused', async () => {
    const unknown = await run('keys', 'key-of-nobody');
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining('refused  401 ')]);
    expect(unknown.stdout).not.toContain('key-of');
    const bob = await run('keys', 'key-of-bob');
    expect([bob.code, bob.stdout]).toEqual([1, expect.stringContaining('refused  403 ')]);
    expect(bob.stdout).toContain('  false  Equals(`grp`, `admin`)  the claim grp is "guest"\n');
  });
});
