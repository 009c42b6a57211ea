import { createSecretKey, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { ClientAuth } from 'oauth4webapi';
import type { Clock } from '../../base/clock.ts';
import type { Secret } from '../../base/secret.ts';
import { findThumbprints, parseSigningKey } from '../../base/signing-key.ts';
import type { AssertionSettings } from './assertion.ts';
import { setAssertion } from './assertion.ts';

/**
 * `private_key_jwt` and `client_secret_jwt`: a new JWT for each token request (RFC 7523 section 3, OpenID Connect Core 1.0
 * section 9).
 * @throws TypeError when the key cannot sign; options validation finds that first.
 */
export function createSignedAssertion(
  { key: privateKey, certificate, keyID, algorithm, audience, lifetimeSeconds }: AssertionSettings,
  clock: Clock,
): (clientSecret: Secret) => ClientAuth {
  const own = privateKey && parseSigningKey(privateKey.reveal());
  if (privateKey !== undefined && own === undefined) throw new TypeError('assertion.key was not validated');
  const alg = algorithm ?? own?.algorithms[0] ?? 'HS256';
  const kid = keyID ?? own?.keyId;
  const thumbprints = own && findThumbprints(certificate ?? privateKey.reveal(), own.key);
  const header = {
    alg,
    typ: 'JWT',
    ...(kid !== undefined && { kid }),
    ...(typeof thumbprints === 'object' && thumbprints),
  };
  return (clientSecret) => async (_server, client, body) => {
    const nowSeconds = Math.floor(clock.now() / 1000);
    const assertion = await new SignJWT()
      .setProtectedHeader(header)
      .setIssuer(client.client_id)
      .setSubject(client.client_id)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds)
      .setExpirationTime(nowSeconds + lifetimeSeconds)
      .sign(own?.key ?? toSecretKey(clientSecret));
    setAssertion(body, client.client_id, assertion);
  };
}

function toSecretKey(secret: Secret): KeyObject {
  // HMAC pads a key with zeros, so this is the same as an empty key, which no API accepts (RFC 2104 section 2).
  return createSecretKey(secret.reveal() || '\0', 'utf8');
}
