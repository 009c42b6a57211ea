import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestKey } from './jwt.testkit.ts';
import { parseJwt } from './parse.ts';

const { pem, jwk, privateKey } = createTestKey('k1');
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
const long = 'a-secret-of-more-than-thirty-two-bytes';

/** `audience: is required` */
const problemsOf = (options: object): readonly string[] =>
  parseJwt(options).problems.map(({ severity, path, message }) =>
    [severity === 'warning' ? 'warning: ' : '', path.join('.'), ': ', message].join(''),
  );

describe('the options of jwt', () => {
  it('accept only asymmetric signatures by default', () => {
    expect(parseJwt({ issuer: 'https://as.example', audience: 'api' })).toMatchObject({
      problems: [],
      options: {
        issuers: ['https://as.example'],
        audience: ['api'],
        clockSkewMs: 30_000,
        forwardAuthorization: false,
        clientConfig: { timeoutSeconds: 5, maxRetries: 3 },
      },
    });
    const { algorithms } = parseJwt({ publicKey: pem, audience: 'api' }).options!;
    expect(algorithms).toContain('ES256');
    expect(algorithms.filter((name) => name.startsWith('HS'))).toEqual([]);
    expect(parseJwt({ signingSecret: long, audience: 'api' }).options?.algorithms).toEqual([
      'HS256',
      'HS384',
      'HS512',
    ]);
  });

  it('may be written in any letter case, and show no secret', () => {
    const { options, problems } = parseJwt({
      SIGNINGSECRET: long,
      Audience: ['a', 'b'],
      TokenQueryKey: 'jwt',
    });
    expect(problems).toMatchObject([{ severity: 'warning', path: ['TokenQueryKey'] }]);
    expect(options).toMatchObject({ audience: ['a', 'b'], tokenQueryKey: 'jwt' });
    expect(JSON.stringify(options)).not.toContain(long);
  });

  it.each<[object, RegExp]>([
    [{ audience: 'api' }, /^: set one of signingSecret, publicKey, jwksFile, jwksUrl, issuer/],
    [{ audience: 'api', signingSecret: long, publicKey: pem }, /publicKey: excludes signingSecret/],
    [{ audience: 'api', issuer: 'https://a', jwksUrl: 'https://a/k' }, /issuer: excludes jwksUrl/],
    [{ signingSecret: long }, /audience: is required/],
    [{ signingSecret: long, audience: '' }, /audience: is empty: name the audience/],
    [{ audience: 'api', signingSecret: long, algorithms: ['RS256'] }, /algorithms.0: signingSecret needs/],
    [{ audience: 'api', publicKey: pem, algorithms: ['ES256', 'HS256'] }, /algorithms.1: only signingSecret/],
    [{ audience: 'api', publicKey: pem, algorithms: ['none'] }, /algorithms.0: expected one of/],
    [{ audience: 'api', publicKey: 'x' }, /publicKey: expected a public key/],
    [
      { audience: 'api', publicKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      /publicKey: is a private key/,
    ],
    [
      { audience: 'api', publicKey: weak.export({ type: 'spki', format: 'pem' }) },
      /publicKey: expected RSA of 2048/,
    ],
    [{ audience: 'api', jwksFile: '{}' }, /jwksFile: expected a JWK Set/],
    [
      { audience: 'api', jwksFile: JSON.stringify({ keys: [{ ...jwk, use: 'enc' }] }) },
      /jwksFile: has no key that can be used: keys\[0\]: use is not sig/,
    ],
    [{ audience: 'api', jwksUrl: 'ftp://as/keys' }, /jwksUrl: expected an absolute https URL/],
    [{ audience: 'api', jwksUrl: '/keys' }, /issuers: is required: the path in jwksUrl/],
    [{ audience: 'api', issuer: 'as.example' }, /issuer: expected an absolute https URL/],
    [{ audience: 'api', publicKey: pem, clockSkew: '1h' }, /clockSkew: expected a duration up to 10m/],
    [
      { audience: 'api', publicKey: pem, requireBinding: 'x' },
      /requireBinding: expected certificate, dpop or any/,
    ],
    [{ audience: 'api', publicKey: pem, tokenQueryKey: 'a b' }, /tokenQueryKey: expected letters/],
    [{ audience: 'api', publicKey: pem, claims: 'Equals(' }, /claims: /],
    [{ audience: 'api', publicKey: pem, signingsecre: 'x' }, /signingsecre: unknown option/],
    [
      { audience: 'api', signingSecret: '!', signingSecretBase64Encoded: true },
      /signingSecret: expected Base64/,
    ],
  ])('are rejected: %j', (options, problem) => {
    expect(parseJwt(options).options).toBeUndefined();
    expect(problemsOf(options)).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
  });

  it.each<[object, RegExp]>([
    [{ audience: [], publicKey: pem }, /audience: tokens for other services/],
    [{ audience: 'api', signingSecret: 'short' }, /signingSecret: is shorter than 32 bytes/],
    [{ audience: 'api', jwksUrl: 'https://as/keys' }, /issuers: is empty/],
    [{ audience: 'api', jwksUrl: 'http://as/keys', issuers: ['https://as'] }, /jwksUrl: http lets others/],
    [{ audience: 'api', issuer: 'http://as' }, /issuer: http lets others/],
    [
      { audience: 'api', jwksFile: JSON.stringify({ keys: [jwk, { kty: 'oct', k: 'x' }] }) },
      /jwksFile: is ignored: keys\[1\]: is a symmetric key/,
    ],
  ])('warn: %j', (options, problem) => {
    expect(parseJwt(options).options).toBeDefined();
    expect(problemsOf(options)).toEqual([expect.stringMatching(new RegExp(`^warning: ${problem.source}`))]);
  });
});
