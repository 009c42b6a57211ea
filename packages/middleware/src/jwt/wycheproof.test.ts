import { createHmac, createPrivateKey, type JsonWebKey } from 'node:crypto';
import * as jose from 'jose';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { isCanonical } from '../base/jwt.ts';
import { createTestAuthenticator, requestWith, signToken } from './jwt.testkit.ts';
import { selectKeys } from './key-source.ts';
import { readKeySet } from './key-set.ts';
import { findSigner } from './signer.ts';
import { createSecretVerificationKey, type VerificationKey } from './verification-key.ts';
import {
  base64Vectors,
  ecdsaVectors,
  exponentOneKey,
  shortRsaKey,
  unusableKeys,
  wycheproofKeys,
} from './wycheproof.testkit.ts';

const clock = createFakeClock();
const { ec, ecPrivate, hmac, hmacOfZeros } = wycheproofKeys;
const base64url = /^[\w-]+$/;
const readKeys = (...keys: readonly object[]): readonly VerificationKey[] =>
  readKeySet(JSON.stringify({ keys }))?.keys ?? [];

/** The verdict on a signature; the payloads of these vectors are not JSON, for which they would be refused as JWTs anyway. */
async function isSigned(token: string, keys: readonly VerificationKey[]): Promise<boolean> {
  const parts = token.split('.');
  if (!parts.every((part) => base64url.test(part)) || !isCanonical(token)) return false;
  const { alg: algorithm, kid: id } = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()) as {
    readonly alg: string;
    readonly kid: string;
  };
  const { keys: fitting } = selectKeys(keys, { algorithm, id, issuer: undefined });
  return (await findSigner(jose, { token, algorithm, keys: fitting })) !== undefined;
}

describe('a signature of Project Wycheproof', () => {
  const authenticator = createTestAuthenticator(
    { jwksFile: JSON.stringify({ keys: [{ ...ec, alg: 'ES256', use: 'sig' }] }) },
    clock,
  );

  it.each(ecdsaVectors)('with ES256, %i %s, has the verdict of the vectors', async (_id, _name, token, valid) => {
    expect(await isSigned(token, readKeys({ ...ec, alg: 'ES256', use: 'sig' }))).toBe(valid);
    expect(await authenticator.decide(requestWith(token))).toMatchObject({ allowed: false, status: 401 });
  }); // prettier-ignore

  it.each(base64Vectors)('with HS256, %i %s, has the verdict of the vectors', async (_id, _name, token, valid) => {
    const { key, algorithms } = createSecretVerificationKey(Buffer.from(hmacOfZeros, 'base64url'));
    const keys = [{ id: 'hs256-key', algorithms, key, trust: { isCurrent: true } }];
    expect(await isSigned(token, keys)).toBe(valid);
  }); // prettier-ignore
});

describe('a form of token that Project Wycheproof lists', () => {
  const privateKey = createPrivateKey({ key: { ...ec, d: ecPrivate } as JsonWebKey, format: 'jwk' });
  const authenticator = createTestAuthenticator({ jwksFile: JSON.stringify({ keys: [ec] }) }, clock);
  const sign = (header: object = {}) =>
    signToken(privateKey, { header: { kid: 'kid-ec-sign', ...header }, clock });

  it('is accepted when it is genuine', async () => {
    expect(await authenticator.decide(requestWith(await sign()))).toMatchObject({ allowed: true });
  });

  it.each<readonly [string, (header: string, payload: string, signature: string) => string]>([
    ['rejectsMissingSignature', (header, payload) => `${header}.${payload}.`],
    ['rejectsMissingSignatureAndSeparator', (header, payload) => `${header}.${payload}`],
    ['rejectsMissingPayload', (header, _, signature) => `${header}..${signature}`],
    ['rejectsMissingPayloadAndSeparator', (header, _, signature) => `${header}.${signature}`],
    ['rejectsMissingHeader', (_, payload, signature) => `.${payload}.${signature}`],
    ['rejectsMissingHeaderAndSeparator', (_, payload, signature) => `${payload}.${signature}`],
    ['rejectsMissingHeaderAndSignature', (_, payload) => `.${payload}.`],
    ['rejectsMissingHeaderSignatureAndSeparators', (_, payload) => payload],
    ['rejectsExtraEmptyComponent', (...parts) => `${parts.join('.')}.`],
    ['rejectsExtraComponent', (...parts) => `${parts.join('.')}.foo`],
    ['rejectsNoneAlgorithmAndMissingSignature', (_, payload) => `eyJhbGciOiJub25lIiwia2lkIjoia2lkLWVjLXNpZ24ifQ.${payload}.`],
    ['rejectsValidJsonSerialization', (header, payload, signature) => JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
  ])('is refused: %s', async (_name, change) => {
    const [header = '', payload = '', signature = ''] = (await sign()).split('.');
    const decision = await authenticator.decide(requestWith(change(header, payload, signature)));
    expect(decision.allowed ? 200 : decision.status).toSatisfy((status: number) => status === 400 || status === 401);
  }); // prettier-ignore

  it('is refused with the key of its header (rejectsAttackerProvidedEmbeddedJwk)', async () => {
    const { privateKey: other, publicKey } = await jose.generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'kid-ec-sign', alg: 'ES256' };
    const forged = await new jose.SignJWT({ iss: 'https://as.example/', aud: 'api', exp: clock.now() / 1000 + 300 })
      .setProtectedHeader({ alg: 'ES256', kid: 'kid-ec-sign', jwk })
      .sign(other);
    expect(await authenticator.decide(requestWith(forged))).toMatchObject({ allowed: false, status: 401 });
  }); // prettier-ignore
});

describe('a key of Project Wycheproof', () => {
  const valid = ecdsaVectors[0]?.[2] ?? '';

  it.each(unusableKeys)('is not used, %i %s', async (_id, _name, change) => {
    expect(readKeys({ ...ec, ...change })).toEqual([]);
    expect(await isSigned(valid, readKeys({ ...ec, ...change }, { ...ec, kid: 'other' }))).toBe(false);
  });

  it('is not used when its public exponent is 1, or when it has 1024 bits', () => {
    expect(readKeys(exponentOneKey, shortRsaKey)).toEqual([]);
  });

  it('is not used when it is symmetric and in a set at a URL, mixed with others or not', async () => {
    const token = `eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1hZXMtc2lnbiJ9.Zm9v.TD37p4c_0jmreSrBSDmE0F3mYSPtkZ3WrSyI5wb_KTg`;
    const [header = '', payload = '', signature] = token.split('.');
    const secret = Buffer.from(hmac, 'base64url');
    expect(createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')).toBe(signature);
    const set = { kty: 'oct', alg: 'HS256', use: 'sig', kid: 'kid-aes-sign', k: hmac };
    expect(await isSigned(token, readKeys(set))).toBe(false);
    expect(await isSigned(token, readKeys(set, ec))).toBe(false);
  });
});
