import { createHash, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecretKey } from 'node:crypto';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientAuthMethod } from '../../base/client-auth-method.ts';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { Secret } from '../../base/secret.ts';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import type { TokenEndpointOptions } from '../endpoint.ts';
import { json, startScriptedServer } from '../../../../testkit/src/scripted-server.ts';
import { connectTo, plainOptions, unsignedJwt } from '../token-endpoint.testkit.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

const grant = { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 };

/** A server that issues a token to every client, and a client with one authentication method. */
async function serve(method: ClientAuthMethod, assertion: Partial<TokenEndpointOptions['assertion']> = {}) {
  const server = await startScriptedServer((response) => json(response, 200, grant));
  const client = connectTo(server.url, {
    clientAuthentication: method,
    assertion: { ...plainOptions.assertion, ...assertion },
  });
  closes.push(
    () => client.close(),
    () => server.close(),
  );
  return { server, client };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'grantgate-assertion-'));
  closes.push(() => rm(path, { recursive: true }));
  return path;
}

const basicOf = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe('a configured client authentication method', () => {
  const [id, secret] = ['a:b c', 's%/+é'];
  it.each([
    ['client_secret_basic', basicOf('a%3Ab%20c:s%25%2F%2B%C3%A9'), {}],
    ['client_secret_basic_raw', basicOf('a:b c:s%/+é'), {}],
    ['client_secret_post', undefined, { client_id: id, client_secret: secret }],
    ['none', undefined, { client_id: id }],
    ['tls_client_auth', undefined, { client_id: id }],
    ['self_signed_tls_client_auth', undefined, { client_id: id }],
  ] as const)('%s sends the credential in its own way', async (method, authorization, members) => {
    const { server, client } = await serve(method);
    expect(await client.obtain(id, secret)).toMatchObject({ kind: 'token' });
    const [request] = server.requests;
    expect(request!.headers.authorization).toBe(authorization);
    expect(Object.fromEntries(request!.body)).toEqual({ grant_type: 'client_credentials', ...members });
  });

  it.each(['client_secret_basic', 'client_secret_post', 'client_secret_basic_raw', 'none'] as const)(
    '%s is the only one that is tried',
    async (method) => {
      const server = await startScriptedServer((response) =>
        json(response, 401, { error: 'invalid_client' }),
      );
      const client = connectTo(server.url, { clientAuthentication: method });
      closes.push(
        () => client.close(),
        () => server.close(),
      );
      expect(await client.obtain()).toMatchObject({ reason: 'credentials_refused' });
      expect(server.requests).toHaveLength(1);
    },
  );
});

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = ec('P-256');
const ed25519 = generateKeyPairSync('ed25519');
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }).toString();
const jwk = (key: KeyObject, more: object = {}): string =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more });

describe('private_key_jwt', () => {
  it.each<[string, string, KeyObject, Partial<TokenEndpointOptions['assertion']>, object]>([
    ['RSA, PKCS #8', pem(rsa.privateKey), rsa.publicKey, {}, { alg: 'RS256' }],
    ['RSA, PKCS #1', pem(rsa.privateKey, 'pkcs1'), rsa.publicKey, { algorithm: 'PS384' }, { alg: 'PS384' }],
    [
      'P-256, SEC 1',
      pem(p256.privateKey, 'sec1'),
      p256.publicKey,
      { keyID: 'k1' },
      { alg: 'ES256', kid: 'k1' },
    ],
    ...(['P-384', 'P-521'] as const).map((curve) => {
      const { privateKey, publicKey } = ec(curve);
      const alg = curve === 'P-384' ? 'ES384' : 'ES512';
      return [curve, pem(privateKey), publicKey, {}, { alg }] as [string, string, KeyObject, object, object];
    }),
    ['Ed25519', pem(ed25519.privateKey), ed25519.publicKey, {}, { alg: 'EdDSA' }],
    [
      'a JWK with kid and alg',
      jwk(rsa.privateKey, { kid: 'j', alg: 'PS256' }),
      rsa.publicKey,
      {},
      { alg: 'PS256', kid: 'j' },
    ],
    [
      'a JWK whose kid is overridden',
      jwk(p256.privateKey, { kid: 'j' }),
      p256.publicKey,
      { keyID: 'k' },
      { alg: 'ES256', kid: 'k' },
    ],
  ])('signs an assertion that a server verifies: %s', async (_name, text, publicKey, assertion, header) => {
    const { server, client } = await serve('private_key_jwt', {
      key: new Secret(text),
      lifetimeSeconds: 90,
      ...assertion,
    });
    const ids = new Set<unknown>();
    for (const _try of [1, 2]) {
      expect(await client.obtain('app', '')).toMatchObject({ kind: 'token' });
      const { body, headers } = server.requests.at(-1)!;
      expect(headers.authorization).toBeUndefined();
      expect([...body.keys()].sort()).toEqual([
        'client_assertion',
        'client_assertion_type',
        'client_id',
        'grant_type',
      ]);
      expect(body.get('client_assertion_type')).toBe(assertionType);
      const now = Math.floor(client.clock.now() / 1000);
      const { payload, protectedHeader } = await jwtVerify(body.get('client_assertion')!, publicKey, {
        audience: 'https://as.example/token',
        issuer: 'app',
        subject: 'app',
        currentDate: new Date(client.clock.now()),
        requiredClaims: ['jti', 'exp', 'iat', 'nbf'],
      });
      expect(protectedHeader).toEqual({ typ: 'JWT', ...header });
      expect(payload).toMatchObject({ iat: now, nbf: now, exp: now + 90 });
      ids.add(payload.jti);
    }
    expect(ids.size).toBe(2);
  });

  it('signs another assertion for each attempt of one token request', async () => {
    const server = await startScriptedServer(
      (response) => json(response, 503, {}),
      (response) => json(response, 200, grant),
    );
    const key = new Secret(pem(p256.privateKey));
    const client = connectTo(server.url, {
      clientAuthentication: 'private_key_jwt',
      maxRetries: 1,
      assertion: { ...plainOptions.assertion, key },
    });
    closes.push(
      () => client.close(),
      () => server.close(),
    );
    expect(await client.obtain('app', '')).toMatchObject({ kind: 'token' });
    const [first, second] = server.requests.map(({ body }) => body.get('client_assertion'));
    expect(first).not.toBe(second);
  });
});

/** A server that, like Entra ID, identifies a client by its certificates, found by the thumbprint in the assertion's header. */
async function serveByCertificate(member: 'x5t' | 'x5t#S256', registered: readonly string[]) {
  const algorithm = member === 'x5t' ? 'sha1' : 'sha256';
  const certificates = new Map(
    registered
      .map((text) => new X509Certificate(text))
      .map((one) => [createHash(algorithm).update(one.raw).digest('base64url'), one]),
  );
  const server = await startScriptedServer((response, { body }) => {
    const assertion = body.get('client_assertion') ?? '';
    const header = decodeProtectedHeader(assertion) as Record<string, unknown>;
    const certificate = certificates.get(String(header[member]));
    const isVerified =
      certificate !== undefined &&
      jwtVerify(assertion, certificate.publicKey, {
        audience: 'https://as.example/token',
        currentDate: new Date(createFakeClock().now()),
      }).then(
        () => true,
        () => false,
      );
    void Promise.resolve(isVerified).then((yes) =>
      yes
        ? json(response, 200, grant)
        : json(response, 401, { error: 'invalid_client', error_codes: [700027] }),
    );
  });
  closes.push(() => server.close());
  return {
    obtain: async (assertion: Partial<TokenEndpointOptions['assertion']>) => {
      const client = connectTo(server.url, {
        clientAuthentication: 'private_key_jwt',
        assertion: { ...plainOptions.assertion, ...assertion },
      });
      closes.unshift(() => client.close());
      const outcome = await client.obtain('app', '');
      return outcome.kind === 'token' ? 'token' : outcome.reason;
    },
  };
}

describe('private_key_jwt with a certificate', () => {
  const authority = createTestAuthority();
  const own = authority.issue('app', [], rsa.privateKey);
  const curve = authority.issue('app');
  const other = authority.issue('other');
  const secretOf = (text: string) => ({ key: new Secret(text) });

  it.each(['x5t', 'x5t#S256'] as const)('is identified to a server by %s', async (member) => {
    const { obtain } = await serveByCertificate(member, [other.cert, own.cert, curve.cert]);
    expect(await obtain({ ...secretOf(own.key), certificate: own.cert })).toBe('token');
    expect(await obtain({ ...secretOf(own.key), certificate: own.cert, algorithm: 'PS256' })).toBe('token');
    expect(await obtain({ ...secretOf(jwk(rsa.privateKey)), certificate: own.cert })).toBe('token');
    expect(await obtain({ ...secretOf(curve.key), certificate: curve.cert })).toBe('token');
    expect(await obtain(secretOf(own.key))).toBe('credentials_refused');
    expect(await obtain({ ...secretOf(pem(ec('P-256').privateKey)), certificate: curve.cert })).toBe(
      'credentials_refused',
    );
  });

  it.each([
    ['after the key', own.key + own.cert],
    ['before the key', own.cert + own.key],
    ['in a chain', own.key + authority.cert + other.cert + own.cert],
    [
      'with the attributes that openssl writes',
      `Bag Attributes\n    friendlyName: app\n${own.key}Bag Attributes\n${own.cert}`,
    ],
  ])('is read from the text of the key: %s', async (_place, text) => {
    const { obtain } = await serveByCertificate('x5t#S256', [own.cert]);
    expect(await obtain(secretOf(text))).toBe('token');
  });
});

describe('client_secret_jwt', () => {
  it.each([
    ['a-secret', undefined, 'HS256'],
    ['é'.repeat(100), 'HS512', 'HS512'],
    ['x', 'HS384', 'HS384'],
  ])('signs with the secret of each client: %s, %s', async (secret, algorithm, alg) => {
    const { server, client } = await serve('client_secret_jwt', { algorithm });
    expect(await client.obtain('app', secret)).toMatchObject({ kind: 'token' });
    const { body } = server.requests[0]!;
    expect(body.get('client_secret')).toBeNull();
    const key = createSecretKey(secret, 'utf8');
    const { payload } = await jwtVerify(body.get('client_assertion')!, key, {
      algorithms: [alg],
      audience: 'https://as.example/token',
      currentDate: new Date(client.clock.now()),
    });
    expect(payload).toMatchObject({ iss: 'app', sub: 'app' });
  });

  it('accepts an empty secret, which no server will accept, like any other', async () => {
    const { server, client } = await serve('client_secret_jwt');
    expect(await client.obtain('app', '')).toMatchObject({ kind: 'token' });
    const key = await importJWK({ kty: 'oct', k: 'AA' }, 'HS256');
    await jwtVerify(server.requests[0]!.body.get('client_assertion')!, key, {
      currentDate: new Date(client.clock.now()),
    });
  });
});

describe('assertion_file', () => {
  const jwt = (jti: string): string => `${unsignedJwt({ jti })}c2ln`;

  it('sends the JWT in the file, read again for each token request', async () => {
    const path = join(await folder(), 'token');
    const { server, client } = await serve('assertion_file', { file: path });
    for (const text of [jwt('1'), `${jwt('2')}\n`]) {
      // As Kubernetes changes a projected token: by replacing the file.
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
      expect(await client.obtain('app', '')).toMatchObject({ kind: 'token' });
      const { body } = server.requests.at(-1)!;
      expect(Object.fromEntries(body)).toEqual({
        grant_type: 'client_credentials',
        client_id: 'app',
        client_assertion: text.trim(),
        client_assertion_type: assertionType,
      });
    }
  });

  it('follows symbolic links within the allowed paths', async () => {
    const root = await folder();
    await writeFile(join(root, 'token'), jwt('1'));
    await symlink(join(root, 'token'), join(root, 'link'));
    const inside = await serve('assertion_file', { file: join(root, 'link'), within: [root] });
    expect(await inside.client.obtain('app', '')).toMatchObject({ kind: 'token' });
    const other = await folder();
    await symlink(join(root, 'token'), join(other, 'link'));
    const outside = await serve('assertion_file', { file: join(other, 'link'), within: [other] });
    expect(await outside.client.obtain('app', '')).toMatchObject({
      reason: 'unavailable',
      detail: 'a symbolic link of the assertion file leads outside the allowed paths',
    });
    expect(outside.server.requests).toHaveLength(0);
  });

  it.each([
    ['missing', async () => {}, 'the assertion file cannot be read (ENOENT)'],
    [
      'not a JWT',
      (path: string) => writeFile(path, 'password=hunter2'),
      'the assertion file does not contain a JWT',
    ],
    ['empty', (path: string) => writeFile(path, ''), 'the assertion file does not contain a JWT'],
    [
      'too long',
      async (path: string) => {
        await writeFile(path, '');
        await truncate(path, 1024 * 1024 + 1);
      },
      'the assertion file has more than 1 MiB: expected a regular file of at most 1 MiB',
    ],
    [
      'a device',
      (path: string) => symlink('/dev/zero', path),
      'the assertion file is a device: expected a regular file of at most 1 MiB',
    ],
    [
      'a directory',
      (path: string) => symlink(tmpdir(), path),
      'the assertion file is a directory: expected a regular file of at most 1 MiB',
    ],
  ])('sends nothing of a file that is %s, and reports why', async (_kind, make, detail) => {
    const path = join(await folder(), 'token');
    await make(path);
    const { server, client } = await serve('assertion_file', { file: path });
    expect(await client.obtain('app', '')).toMatchObject({ kind: 'failure', reason: 'unavailable', detail });
    expect(server.requests).toHaveLength(0);
  });
});
