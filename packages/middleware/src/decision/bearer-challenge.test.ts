import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asymmetricAlgorithms } from '../base/signing-key.ts';
import { addChallengeParameter, toChallenge } from './bearer-challenge.ts';
import { createBearerDeny } from './bearer-deny.ts';

const algs = asymmetricAlgorithms.join(' ');

describe('a refusal with a Bearer challenge', () => {
  const deny = createBearerDeny();

  it.each([
    ['token_missing', 401, 'Bearer realm="grantgate"'],
    [
      'token_malformed',
      400,
      'Bearer realm="grantgate", error="invalid_request", error_description="because"',
    ],
    ['token_invalid', 401, 'Bearer realm="grantgate", error="invalid_token", error_description="because"'],
    [
      'claims_not_satisfied',
      403,
      'Bearer realm="grantgate", error="insufficient_scope", error_description="because"',
    ],
  ] as const)('%s is %i with %s', (code, status, challenge) => {
    expect(deny(code, 'because')).toMatchObject({ code, status, challenge, detail: 'because' });
  });

  it('names the scopes that a request needs', () => {
    expect(deny('insufficient_scope', 'no', { scopes: ['a:read', 'b'] }).challenge).toMatch(
      /, scope="a:read b"$/,
    );
  });

  it('names the metadata of the resource, and every scheme that it accepts', () => {
    const resourceMetadata = 'https://api.example/.well-known/oauth-protected-resource';
    const named = createBearerDeny({ realm: 'api', schemes: ['Bearer', 'DPoP'], resourceMetadata });
    expect(named('token_missing', 'no').challenge).toBe(
      `Bearer realm="api", resource_metadata="${resourceMetadata}", DPoP realm="api", algs="${algs}", resource_metadata="${resourceMetadata}"`,
    );
  });

  it('names an error of a proof only for the scheme DPoP (RFC 9449 section 7.1)', () => {
    const { challenge } = createBearerDeny({ schemes: ['DPoP', 'Bearer'] })('token_invalid', 'no', {
      error: 'invalid_dpop_proof',
    });
    expect(challenge).toBe(
      `DPoP realm="grantgate", error="invalid_dpop_proof", error_description="no", algs="${algs}", Bearer realm="grantgate"`,
    );
  });
});

describe('a parameter of a challenge', () => {
  it('is a quoted string for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (realm, errorDescription) => {
        const text = toChallenge({
          scheme: 'Bearer',
          realm,
          error: 'invalid_token',
          errorDescription,
          scopes: [],
          algorithms: [],
          resourceMetadata: undefined,
        });
        expect(text).toMatch(
          /^Bearer realm="([^"\\\x00-\x1f\x7f]|\\["\\])*", error="invalid_token"(, error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]*")?$/,
        );
      }),
    );
  });

  it('is added once', () => {
    const once = addChallengeParameter('Bearer realm="a"', 'resource_metadata', 'https://a.example/"');
    expect(once).toBe('Bearer realm="a", resource_metadata="https://a.example/\\""');
    expect(addChallengeParameter(once, 'resource_metadata', 'other')).toBe(once);
  });

  it.each([
    ['Bearer', 'Bearer x="y"'],
    ['Basic realm="a, Bearer b", charset="UTF-8"', 'Basic realm="a, Bearer b", charset="UTF-8"'],
    [
      'DPoP realm="a", algs="ES256 PS256", Bearer realm="b\\", DPoP c", Basic',
      'DPoP realm="a", algs="ES256 PS256", x="y", Bearer realm="b\\", DPoP c", x="y", Basic',
    ],
    ['ApiKey realm="g", header="X", Basic realm="t"', 'ApiKey realm="g", header="X", x="y", Basic realm="t"'],
  ])('is added to each challenge but Basic of %s', (challenges, expected) => {
    expect(addChallengeParameter(challenges, 'x', 'y')).toBe(expected);
  });
});
