import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createAccessLogLine } from '../../observe/access-log.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const sign = (claims: object = {}) =>
  new SignJWT({ aud: 'api', sub: 'ada', grp: 'admin', ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .setExpirationTime('5m')
    .sign(privateKey);
/** Warnings have their own test. */
const start = (options: object = {}) =>
  startGatewayWith(
    {},
    {
      steps: compileMiddlewares({ one: { plugin: { jwt: { publicKey: pem, audience: 'api', ...options } } } })
        .steps,
    },
  );
const bearer = (token: string) => [['Authorization', `Bearer ${token}`]] as const;

describe('jwt', () => {
  it('lets a caller with a token pass, with headers of its claims and without the token', async () => {
    const { send } = await start({ forwardHeaders: { 'X-Group': 'grp' } });
    const token = await sign();
    const { status, seen } = await send('/', [...bearer(token), ['x_group', 'forged']]);
    expect(status).toBe(200);
    expect(valuesOf(seen?.headers, 'x-group')).toEqual(['admin']);
    expect(valuesOf(seen?.headers, 'x_group')).toEqual([]);
    expect(JSON.stringify(seen)).not.toContain(token);
  });

  it('forwards the token where the options require it', async () => {
    const { send } = await start({ forwardAuthorization: true, tokenQueryKey: 'jwt' });
    const token = await sign();
    for (const passage of [await send('/a', bearer(token)), await send(`/a?jwt=${token}`)]) {
      expect(valuesOf(passage.seen?.headers, 'authorization')).toEqual([`Bearer ${token}`]);
      expect(passage.seen?.target).toBe('/a');
    }
  });

  it.each([
    [[], 401, 'token_missing', 'Bearer realm="grantgate"'],
    [
      [['Authorization', 'Bearer a b']],
      400,
      'token_malformed',
      'Bearer realm="grantgate", error="invalid_request", error_description="The token in the header has characters that it must not have."',
    ],
    [
      [['Authorization', 'Bearer a.b.c']],
      401,
      'token_invalid',
      'Bearer realm="grantgate", error="invalid_token", error_description="The token is not a JWT."',
    ],
  ] as const)('refuses %j with %i %s', async (headers, status, code, challenge) => {
    const { send } = await start();
    const answer = await send('/', headers);
    expect(answer.status).toBe(status);
    expect(valuesOf(answer.headers, 'www-authenticate')).toEqual([challenge]);
    expect(JSON.parse(answer.body)).toMatchObject({ code });
    expect(answer.seen).toBeUndefined();
  });

  it('refuses a token whose claims do not satisfy the route with 403 and insufficient_scope', async () => {
    const { send } = await start({ claims: 'Equals(`grp`, `admin`)' });
    const answer = await send('/', bearer(await sign({ grp: 'guest' })));
    expect(answer.status).toBe(403);
    expect(valuesOf(answer.headers, 'www-authenticate')[0]).toContain('error="insufficient_scope"');
  });

  it('keeps a token in the query from the server and from the access log', async () => {
    const { send, gateway } = await start({ tokenQueryKey: 'k9' });
    const token = await sign();
    const { status, seen } = await send(`/a?x=1&k9=${token}&y=2`, [['X-From', `http://a/?k9=${token}`]]);
    expect(status).toBe(200);
    expect(seen?.target).toBe('/a?x=1&y=2');
    const toLine = createAccessLogLine({
      format: 'json',
      fields: {
        keepsOthers: true,
        names: new Map(),
        keepsQuery: true,
        headers: { others: 'keep', names: new Map() },
      },
      filters: undefined,
    });
    const line = toLine(await gateway.recorded(1)) ?? '';
    expect(JSON.parse(line)).toMatchObject({ RequestPath: '/a?x=1&k9=REDACTED&y=2' });
    expect(line).not.toContain(token);
  });

  it('names a user in the access log, and the client of a refused one', async () => {
    const { send, gateway } = await start({ usernameClaim: 'sub', claims: 'Equals(`grp`, `admin`)' });
    await send('/', bearer(await sign()));
    await send('/', bearer(await sign({ grp: 'guest', client_id: 'app' })));
    await gateway.recorded(2);
    expect(gateway.records.map(({ clientUsername }) => clientUsername)).toEqual(['ada', 'app']);
  });

  it('finds every problem of its options at its place', () => {
    const { problems } = compileMiddlewares(
      'one:\n  plugin:\n    jwt:\n      publicKey: x\n      issuer: https://as',
    );
    expect(problems).toEqual([
      '5:9 one@file.audience: is required',
      '6:22 one@file.publicKey: expected a public key or a certificate as PEM',
      '7:11 one@file.issuer: excludes publicKey: keys come from one place',
    ]);
  });

  it('takes the path of jwksFile for a file that it reads', () => {
    const { problems } = compileMiddlewares({
      one: { plugin: { jwt: { jwksFile: '/keys.json', audience: 'api' } } },
    });
    expect(problems).toEqual([
      expect.stringContaining('urn:file:/keys.json: the file /keys.json cannot be read'),
    ]);
  });
});
