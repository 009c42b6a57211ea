import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addChallengeParameter, toChallenge } from './bearer-challenge.ts';
import { createBearerDeny } from './bearer-deny.ts';

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
      `Bearer realm="api", resource_metadata="${resourceMetadata}", DPoP realm="api", resource_metadata="${resourceMetadata}"`,
    );
  });
});

describe('a parameter of a challenge', () => {
  it('is a quoted string whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (realm, errorDescription) => {
        const text = toChallenge({
          scheme: 'Bearer',
          realm,
          error: 'invalid_token',
          errorDescription,
          scopes: [],
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
