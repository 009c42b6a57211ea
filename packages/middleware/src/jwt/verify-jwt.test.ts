import { createHmac } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import type { Decision } from '../decision/decision.ts';
import {
  createTestAuthenticator,
  createTestKey,
  requestWith,
  signToken,
  type JwtRequest,
} from './jwt.testkit.ts';

const clock = createFakeClock();
const key = createTestKey('k1');
const stranger = createTestKey('k1');
const now = clock.now() / 1000;
const options = { publicKey: key.pem, issuers: ['https://as.example/'] };
const authenticator = createTestAuthenticator(options, clock);

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claims = { iss: 'https://as.example/', aud: 'api', sub: 'ada', iat: now, exp: now + 300 };
const sign = (more: object = {}, header: object = {}) =>
  signToken(key.privateKey, { claims: more, header, clock });

/** Status, code and reason of a refusal for operators; `passes` for none. */
async function outcomeOf(token: string, of = authenticator, more: Partial<JwtRequest> = {}): Promise<string> {
  const decision: Decision = await of.decide(requestWith(token, more));
  if (decision.allowed) return 'passes';
  expect(JSON.stringify(decision)).not.toContain(token.padEnd(20, '?'));
  return `${decision.status} ${decision.code}: ${decision.reason ?? decision.detail}`;
}

/** Signs texts unchanged, which a library would not do. */
async function signRaw(header: string, payload: string): Promise<string> {
  const { sign: signBytes } = await import('node:crypto');
  const input = `${part(header)}.${part(payload)}`;
  const signature = signBytes('sha256', Buffer.from(input), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
}

describe('a genuine token', () => {
  it('is accepted, and is not sent to the server', async () => {
    const decision = await authenticator.decide(requestWith(await sign({ client_id: 'app' })));
    expect(decision).toMatchObject({
      allowed: true,
      subject: { clientId: 'app', expiresAt: (now + 300) * 1000 },
      setHeaders: [],
      removeHeaders: new Set(['authorization']),
    });
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'AT+JWT'])(
    'is accepted with typ %s',
    async (typ) => {
      expect(await outcomeOf(await sign({}, { typ }))).toBe('passes');
    },
  );

  it('is accepted with one of several audiences, and within the clock skew', async () => {
    expect(await outcomeOf(await sign({ aud: ['other', 'api'] }))).toBe('passes');
    expect(await outcomeOf(await sign({ exp: now - 29 }))).toBe('passes');
    expect(await outcomeOf(await sign({ nbf: now + 30, iat: now + 30 }))).toBe('passes');
  });

  it('is accepted with any keys in its header, because they are not read', async () => {
    const header = {
      jku: 'https://evil.example/',
      x5u: 'https://evil.example/',
      jwk: stranger.jwk,
      x5c: ['x'],
    };
    expect(await outcomeOf(await sign({}, header))).toBe('passes');
  });
});

describe('a forged token', () => {
  it('is refused when it is unsigned', async () => {
    const unsigned = `${part({ alg: 'none' })}.${part(claims)}.`;
    expect(await outcomeOf(unsigned)).toMatch(/^400 token_malformed|^401 token_invalid/);
    expect(await outcomeOf(`${part({ alg: 'none' })}.${part(claims)}.AA`)).toMatch(
      /^401 token_invalid: alg is "none"/,
    );
    expect(await outcomeOf(`${part({ alg: 'NonE' })}.${part(claims)}.AA`)).toMatch(/alg is "NonE"/);
  });

  it('is refused when the public key is taken for an HMAC secret', async () => {
    const input = `${part({ alg: 'HS256', kid: 'k1' })}.${part(claims)}`;
    for (const secret of [key.pem, key.pem.trim(), JSON.stringify(key.jwk)]) {
      const forged = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
      expect(await outcomeOf(forged)).toMatch(/^401 token_invalid: alg is "HS256", expected RS256/);
    }
  });

  it('is refused when another key signed it, even a key in its own header', async () => {
    const forged = await signToken(stranger.privateKey, { header: { jwk: stranger.jwk, kid: 'k1' }, clock });
    expect(await outcomeOf(forged)).toBe('401 token_invalid: signature of ES256, kid "k1"');
  });

  it('is refused when its payload or header was changed', async () => {
    const [header = '', , signature = ''] = (await sign()).split('.');
    expect(await outcomeOf(`${header}.${part({ ...claims, sub: 'root' })}.${signature}`)).toMatch(
      /signature of ES256/,
    );
    const [, payload = ''] = (await sign()).split('.');
    expect(await outcomeOf(`${part({ alg: 'ES256', kid: 'x' })}.${payload}.${signature}`)).toMatch(
      /signature of/,
    );
  });

  it.each([
    ['crit', { crit: ['exp'], exp: 1 }],
    ['b64', { b64: false, crit: ['b64'] }],
  ])('is refused with %s in its header', async (_name, header) => {
    const text = JSON.stringify({ alg: 'ES256', ...header });
    expect(await outcomeOf(await signRaw(text, JSON.stringify(claims)))).toMatch(
      /the header has crit or b64/,
    );
  });

  it.each([
    ['{"alg":"ES256","alg":"none"}', JSON.stringify(claims)],
    ['{"alg":"ES256"}', JSON.stringify(claims).replace('{', '{"sub":"root",')],
    ['{"alg":"ES256"}', JSON.stringify(claims).replace('}', ',"cnf":{"jkt":"a","jkt":"b"}}')],
  ])('is refused when a name occurs twice: %s', async (header, payload) => {
    expect(await outcomeOf(await signRaw(header, payload))).toMatch(/a name occurs twice/);
  });

  it.each([
    ['{"alg":"ES256","kid":1}', /kid is 1, expected a text/],
    ['{"alg":["ES256"]}', /alg is \["ES256"\]/],
    ['[]', /opaque, or encrypted/],
    ['{"alg":"ES256"', /opaque, or encrypted/],
  ])('is refused with the header %s', async (header, reason) => {
    expect(await outcomeOf(await signRaw(header, JSON.stringify(claims)))).toMatch(reason);
  });

  it('is refused when unused bits of a part are set, which would be a second spelling of the token', async () => {
    const token = await signRaw('{"alg":"ES256"}', JSON.stringify(claims));
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1] ?? '';
    expect(await outcomeOf(token)).toBe('passes');
    expect(await outcomeOf(token.slice(0, -1) + other)).toMatch(/^401 token_invalid: .*canonical base64url/);
  });

  it.each(['', 'a', 'a.b', 'a.b.c', 'a.b.c.d.e', '..', `${part('{}')}.${part('{}')}.a b`])(
    'is refused when it is not a JWT: %j',
    async (token) => {
      expect(await outcomeOf(token === '' ? '.' : token)).toMatch(/^40[01] token_(invalid|malformed)/);
    },
  );

  it('is refused unread when it is larger than 16 KiB', async () => {
    const large = await sign({ filler: 'x'.repeat(100_000) });
    expect(await outcomeOf(large)).toBe(
      '400 token_malformed: The token in the header is longer than 16384 characters.',
    );
  });
});

describe('a token whose claims do not fit', () => {
  it.each([
    [{ iss: 'https://as.example' }, /iss is "https:\/\/as.example", expected "https:\/\/as.example\/"/],
    [{ iss: undefined }, /iss is missing/],
    [{ iss: ['https://as.example/'] }, /iss is \["https/],
    [{ aud: 'API' }, /aud is "API", expected "api"/],
    [{ aud: [] }, /aud is \[\]/],
    [{ aud: undefined }, /aud is missing/],
    [{ aud: { api: true } }, /aud is \{/],
    [{ exp: now - 30 }, /exp was 30 s ago/],
    [{ exp: undefined }, /exp is missing/],
    [{ exp: '9999999999' }, /exp is "9999999999", expected a number/],
    [{ exp: null }, /exp is null/],
    [{ nbf: now + 31 }, /nbf is 31 s ahead/],
    [{ iat: now + 31 }, /iat is 31 s ahead/],
    [{ nbf: 'x' }, /nbf is "x"/],
    [{ typ: 'ID' }, /the claim typ is "ID"/],
    [{ typ: 'Refresh' }, /the claim typ is "Refresh"/],
    [{ at_hash: 'x' }, /at_hash, a claim of ID tokens/],
    [{ nonce: 'x' }, /nonce, and no claim about what a client may do/],
    [{ events: {} }, /events/],
    [{ cnf: { 'x5t#S256': 'x' } }, /bound to a certificate/],
    [{ cnf: { jkt: 'x' } }, /cnf.jkt, and the scheme is not DPoP/],
    [{ cnf: { jwe: 'x' } }, /bound in a way that is not supported/],
  ])('is refused: %j', async (more, reason) => {
    const outcome = await outcomeOf(await sign(more));
    expect(outcome).toMatch(/^401 token_invalid: /);
    expect(outcome).toMatch(reason);
  });

  it.each(['id+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'kb+jwt', 'token-introspection+jwt'])(
    'is refused with the typ %s',
    async (typ) => {
      expect(await outcomeOf(await sign({}, { typ }))).toMatch(
        new RegExp(`typ is "${typ.replace('+', '.')}"`),
      );
    },
  );

  it('is refused when its issuer is another one with the same keys', async () => {
    expect(await outcomeOf(await sign({ iss: 'https://as.example/other-tenant' }))).toMatch(/iss is/);
  });

  it('is accepted with nonce when it has claims about permissions', async () => {
    expect(await outcomeOf(await sign({ nonce: 'x', scope: 'orders' }))).toBe('passes');
  });

  it('is refused without a claim of RFC 9068 when at+jwt is required', async () => {
    const strict = createTestAuthenticator({ ...options, type: 'at+jwt' }, clock);
    const whole = { client_id: 'app', jti: 'x' };
    expect(await outcomeOf(await sign(whole), strict)).toBe('passes');
    expect(await outcomeOf(await sign(whole, { typ: 'JWT' }), strict)).toMatch(
      /typ is "JWT", expected at\+jwt/,
    );
    for (const name of ['client_id', 'jti', 'sub', 'iat'])
      expect(await outcomeOf(await sign({ ...whole, [name]: undefined }), strict)).toContain(
        `${name} is missing`,
      );
  });
});

describe('a shared secret', () => {
  const secret = 'a-secret-of-more-than-thirty-two-bytes';
  const hmac = createTestAuthenticator({ signingSecret: secret, audience: [] }, clock);
  const signWith = (text: string | Buffer, alg = 'HS256') =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(text));

  it('verifies HMAC, and no other algorithm', async () => {
    expect(await outcomeOf(await signWith(secret), hmac)).toBe('passes');
    expect(await outcomeOf(await signWith(`${secret}!`), hmac)).toMatch(/signature of HS256/);
    expect(await outcomeOf(await sign(), hmac)).toMatch(/alg is "ES256", expected HS256/);
  });

  it('may be Base64', async () => {
    const bytes = Buffer.alloc(64, 7);
    const encoded = { signingSecret: bytes.toString('base64'), signingSecretBase64Encoded: true };
    expect(await outcomeOf(await signWith(bytes, 'HS512'), createTestAuthenticator(encoded, clock))).toBe(
      'passes',
    );
  });
});

describe('a token that is bound to its caller', () => {
  it('is accepted only with its certificate (RFC 8705)', async () => {
    const bound = await sign({ cnf: { 'x5t#S256': 'thumb' } });
    const strict = createTestAuthenticator({ ...options, requireBinding: 'certificate' }, clock);
    for (const of of [authenticator, strict]) {
      expect(await outcomeOf(bound, of, { certificate: 'thumb' })).toBe('passes');
      expect(await outcomeOf(bound, of, { certificate: 'other' })).toMatch(
        /certificate that is not the caller's/,
      );
      expect(await outcomeOf(bound, of)).toMatch(/certificate that is not the caller's/);
    }
    expect(await outcomeOf(await sign(), strict, { certificate: 'thumb' })).toMatch(
      /requireBinding is certificate/,
    );
  });

  it('is accepted with a proof of its key for this request, once (RFC 9449)', async () => {
    const dpop = createTestAuthenticator({ ...options, requireBinding: 'dpop' }, clock);
    const caller = createTestKey();
    const jwk = await exportJWK(caller.publicKey);
    const token = await sign({ cnf: { jkt: await calculateJwkThumbprint(jwk) } });
    const { createHash, randomUUID } = await import('node:crypto');
    const ath = createHash('sha256').update(token).digest('base64url');
    const prove = (more: object = {}, header: object = {}, signer = caller) =>
      new SignJWT({
        jti: randomUUID(),
        htm: 'GET',
        htu: 'https://api.example/orders',
        iat: now,
        ath,
        ...more,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
        .sign(signer.privateKey);
    const ask = (proof: string | undefined, more: Partial<JwtRequest> = {}) =>
      outcomeOf(token, dpop, { authorization: `DPoP ${token}`, proof, ...more });
    const proof = await prove();
    expect(await ask(proof)).toBe('passes');
    expect(await ask(proof)).toMatch(/has been used before/);
    expect(await ask(await prove({ htu: 'https://API.example:443/orders?page=2' }))).toBe('passes');
    expect(await ask(undefined)).toMatch(/no DPoP proof/);
    expect(await ask(await prove(), { method: 'POST' })).toMatch(/another method/);
    expect(await ask(await prove(), { url: 'https://api.example/other' })).toMatch(/another URL/);
    expect(await ask(await prove({ iat: now - 120 }))).toMatch(/too old or from the future/);
    expect(await ask(await prove({ iat: now + 60 }))).toMatch(/too old or from the future|not valid/);
    expect(await ask(await prove({ ath: 'x' }))).toMatch(/another token/);
    expect(await ask(await prove({}, { typ: 'JWT' }))).toMatch(/not valid/);
    expect(await ask(await prove({}, {}, stranger))).toMatch(/not valid/);
    expect(await ask(await prove({}, { jwk: stranger.jwk }, stranger))).toMatch(/another key/);
    expect(await ask(`${await prove()}, ${await prove()}`)).toMatch(/malformed/);
    expect(await outcomeOf(token, dpop)).toMatch(/^401 token_missing/);
    const plain = await sign();
    expect(await outcomeOf(plain, dpop, { authorization: `DPoP ${plain}` })).toMatch(/not bound to a key/);
  });
});
