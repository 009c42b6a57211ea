import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock } from '../base/clock.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createJwtAuthenticator, type JwtAuthenticator } from './create-jwt-authenticator.ts';
import type { KeyParts } from './open-keys.ts';
import { parseJwt } from './parse.ts';

/** A signing key with its public JWK. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly pem: string;
}

export function createTestKey(kid?: string): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), ...(kid !== undefined && { kid }) },
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** A request of a test: its token, and further evidence about its caller. */
export interface JwtRequest extends CredentialRequest {
  readonly certificate?: string | undefined;
  readonly proof?: string | undefined;
  readonly method: string;
  readonly url: string;
}

export function requestWith(token: string | undefined, more: Partial<JwtRequest> = {}): JwtRequest {
  return {
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    target: '/orders',
    header: () => undefined,
    method: 'GET',
    url: 'https://api.example/orders',
    ...more,
  };
}

/** @throws when the options are not valid. */
export function createTestAuthenticator(
  options: object,
  clock: Clock,
  parts: Partial<KeyParts> = {},
): JwtAuthenticator<JwtRequest> {
  const parsed = parseJwt({ audience: 'api', ...options });
  if (parsed.options === undefined) throw new Error(JSON.stringify(parsed.problems));
  return createJwtAuthenticator<JwtRequest>(parsed.options, {
    clock,
    proofs: {
      certificateThumbprint: ({ certificate }) => certificate,
      proof: ({ proof }) => proof,
      method: ({ method }) => method,
      url: ({ url }) => url,
    },
    ...parts,
  });
}

export interface TokenParts {
  readonly header?: object;
  readonly claims?: object;
  readonly clock: Clock;
}

/** A token of `https://as.example/` for `api` that expires in 5 minutes. */
export function signToken(key: KeyObject, { header, claims, clock }: TokenParts): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  return new SignJWT({ iss: 'https://as.example/', aud: 'api', sub: 'ada', iat: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header })
    .sign(key);
} // prettier-ignore
