import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './io.testkit.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }] });
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  writeFileSync(join(folder, 'keys.json'), keys);
  writeFileSync(
    join(folder, 'app.yaml'),
    `http:
  middlewares:
    callers:
      plugin:
        jwt:
          jwksFile: ${join(folder, 'keys.json')}
          issuers: [https://as.example]
          audience: orders
          claims: Equals(\`grp\`, \`admin\`)
          forwardHeaders: { X-Group: grp }
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const sign = (claims: object = {}) =>
  new SignJWT({ iss: 'https://as.example', aud: 'orders', grp: 'admin', id: 12345, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setExpirationTime('5m')
    .sign(privateKey);
const run = (token: string | undefined, ...more: string[]) =>
  runCommand(['token', 'callers', join(folder, 'app.yaml'), ...more], {
    env: token === undefined ? {} : { GRANTGATE_TOKEN: token },
  });

describe('grantgate token, of jwt', () => {
  it('shows the key that verified a token, its client, and the headers for the server', async () => {
    const token = await sign();
    const { code, stdout } = await run(token);
    expect(code).toBe(0);
    expect(stdout).toContain('callers@file  jwt, keys of jwksFile\nallowed\n');
    expect(stdout).toContain('token  verified with ES256, kid k1\n');
    expect(stdout).toMatch(/ {2}audience {2}"orders", expected orders\n/);
    expect(stdout).toMatch(/headers\n {2}X-Group {2}admin\n/);
    expect(stdout).not.toContain(token);
  });

  it('reports why a token is refused', async () => {
    const { code, stdout } = await run(await sign({ aud: 'billing' }));
    expect(code).toBe(1);
    expect(stdout).toContain('refused  401 token_invalid: aud is "billing", expected "orders"\n');
    expect(stdout).toContain('token  verified with ES256, kid k1\n');
    expect(stdout).toContain(
      '  passed  signature\n  passed  issuer\n  failed  audience   aud is "billing", expected "orders"\n  passed  purpose\n  passed  times\n',
    );
    expect(stdout).not.toContain('not verified');
    const predicate = await run(await sign({ grp: 'guest' }));
    expect(predicate.stdout).toContain(
      'refused  403 claims_not_satisfied: Equals(`grp`, `admin`) is false\n',
    );
  });

  it('checks the claims of a token even if its signature is invalid', async () => {
    const [header, , signature] = (await sign()).split('.');
    const payload = Buffer.from(JSON.stringify({ iss: 'https://as.example', exp: 1 })).toString('base64url');
    const { code, stdout } = await run(`${header}.${payload}.${signature}`);
    expect(code).toBe(1);
    expect(stdout).toContain('token  not accepted\n');
    expect(stdout).toContain(
      '  failed  signature  signature of ES256, kid "k1"\n  passed  issuer\n  failed  audience   aud is missing',
    );
    expect(stdout).toContain('claims, not verified\n');
    expect(stdout).toMatch(/ {2}failed {2}times +exp was \d+ s ago\n/);
  });

  it('prints JSON', async () => {
    const { stdout } = await run(await sign({ aud: ['x'] }), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      middleware: 'callers@file',
      kind: 'jwt',
      allowed: false,
      refusal: { status: 401, code: 'token_invalid', reason: 'aud is ["x"], expected "orders"' },
      claims: { id: 12345 },
    });
  });

  it('requires a token', async () => {
    const { code, stderr } = await run(undefined);
    expect(code).toBe(2);
    expect(stderr).toContain('missing token of a caller: pass it in --token-file FILE or GRANTGATE_TOKEN');
  });
});
