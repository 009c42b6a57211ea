import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clientAuthentications, neededBy } from '../base/client-auth-method.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { parseClientCredentials } from './parse.ts';

const url = 'https://as.example/token';
const parse = (raw: object) => parseClientCredentials({ url, ...raw });
const problems = (raw: object) =>
  parse(raw).problems.map(
    ({ severity, path, code, message }) => `${severity} ${path.join('.')} ${code}: ${message}`,
  );

const pemOf = (bits: number) =>
  generateKeyPairSync('rsa', { modulusLength: bits, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }); // prettier-ignore
const rsa = pemOf(2048);
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const tls = createTestAuthority().issue('client');

/** Options that each method requires in addition to `clientID`. */
const given = {
  secret: { clientSecret: 's' },
  key: { clientConfig: { assertion: { key: rsa.privateKey } } },
  certificate: { clientConfig: { tls } },
  file: { clientConfig: { assertion: { file: '/run/token' } } },
  nothing: {},
};

describe('clientAuthentication', () => {
  it.each(clientAuthentications)('%s accepts its options and reports missing ones', (method) => {
    const needed = neededBy(method);
    expect(problems({ clientAuthentication: method, clientID: 'a', ...given[needed] })).toEqual([]);
    const missing = problems({ clientAuthentication: method, clientID: 'a' });
    const name = { secret: 'clientSecret', key: 'clientConfig.assertion.key', certificate: 'clientConfig.tls.cert', file: 'clientConfig.assertion.file', nothing: undefined }[needed]; // prettier-ignore
    expect(missing).toEqual(name === undefined ? [] : [expect.stringMatching(/^error .* missing_option: /)]);
    expect(missing.join('')).toContain(name === undefined ? '' : `${name} is missing`);
  });

  it.each(clientAuthentications)('%s suits application level if a caller can provide it', (method) => {
    const needed = neededBy(method);
    const found = problems({ clientAuthentication: method, ...(needed !== 'secret' && given[needed]) });
    const expected = `error clientAuthentication missing_option: clientID is missing: ${method} is for gateway level, because a caller brings only an ID and a secret`;
    expect(found).toEqual(needed === 'secret' ? [] : [expected]);
  });

  it.each([
    [{ clientAuthentication: 'basic' }, /^error clientAuthentication invalid_value: expected one of auto, client_secret_basic, /],
    [{ clientAuthentication: null }, /^error clientAuthentication invalid_value/],
    [{ clientAuthentication: 'none', clientID: 'a', clientSecret: 's' }, /^warning clientSecret ignored_option: none does not use it$/],
    [{ clientConfig: { assertion: { key: rsa.privateKey } } }, /^warning clientConfig.assertion.key ignored_option: clientAuthentication auto does not use it$/],
    [{ clientAuthentication: 'client_secret_jwt', clientConfig: { assertion: { file: '/x' } } }, /^warning clientConfig.assertion.file ignored/],
    [{ clientAuthentication: 'client_secret_jwt', clientConfig: { assertion: { algorithm: 'RS256' } } }, /^error clientConfig.assertion.algorithm .* expected HS256, HS384, HS512$/],
    [key({ key: rsa.privateKey, algorithm: 'ES256' }), /^error clientConfig.assertion.algorithm .* expected RS256, RS384/],
    [key({ key: JSON.stringify({ ...ec, alg: 'RS256' }) }), /^error clientConfig.assertion.key invalid_value: expected a private key/],
    [key({ key: JSON.stringify({ ...ec, d: undefined }) }), /^error clientConfig.assertion.key/],
    [key({ key: rsa.publicKey }), /^error clientConfig.assertion.key/],
    [key({ key: pemOf(1024).privateKey }), /^error clientConfig.assertion.key/],
    [key({ key: tls.cert }), /^error clientConfig.assertion.key/],
    [key({ key: tls.key + createTestAuthority().issue('other').cert }), /^error clientConfig.assertion.key invalid_value: it contains no certificate of the private key$/],
    [key({ key: rsa.privateKey, certificate: tls.cert }), /^error clientConfig.assertion.certificate invalid_value: expected the PEM certificate of key$/],
    [key({ key: tls.key, certificate: 'hunter2' }), /^error clientConfig.assertion.certificate/],
    [key({ key: tls.key, certificate: tls.cert.replace('M', 'N') }), /^error clientConfig.assertion.certificate/],
    [{ clientAuthentication: 'client_secret_jwt', clientConfig: { assertion: { certificate: tls.cert } } }, /^warning clientConfig.assertion.certificate ignored_option/],
    [key({ key: 'hunter2' }), /^error clientConfig.assertion.key/],
    [key({ key: '{' }), /^error clientConfig.assertion.key/],
    [key({ key: rsa.privateKey, lifetime: '2h' }), /^error clientConfig.assertion.lifetime .* 1s to 1h$/],
    [key({ key: rsa.privateKey, kid: 'x' }), /^error clientConfig.assertion.kid unknown_option/],
    [{ clientAuthentication: 'assertion_file', clientID: 'a', clientConfig: { assertion: { file: 'eyJ.eyJ.x' } } }, /^error clientConfig.assertion.file invalid_value: expected an absolute path$/],
  ])('that is invalid is one problem at its place: %j', (raw, expected) => {
    const found = problems(raw);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
    for (const secret of ['hunter2', 'eyJ', 'PRIVATE']) expect(found[0]).not.toContain(secret);
  }); // prettier-ignore

  it.each([{ key: tls.key, certificate: tls.cert }, { key: tls.cert + tls.key }])(
    'takes a key with its certificate',
    (assertion) => {
      expect(problems(key(assertion))).toEqual([]);
    },
  );

  it('keeps the private key out of every output', () => {
    const { options } = parse({ clientID: 'a', clientAuthentication: 'private_key_jwt', ...given.key });
    expect(JSON.stringify(options)).toContain('"key":"[redacted]"');
  });
});

function key(assertion: object): object {
  return { clientAuthentication: 'private_key_jwt', clientID: 'a', clientConfig: { assertion } };
}
