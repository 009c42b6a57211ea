import { describe, expect, it } from 'vitest';
import { parseIntrospection } from './parse.ts';

const url = 'https://as.example/introspect';
const client = { clientID: 'gateway', clientSecret: 'secret' };

const problemsOf = (raw: unknown): readonly string[] =>
  parseIntrospection(raw).problems.map(
    ({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`,
  );

describe('the options of oAuthIntrospection', () => {
  it("accept Traefik Hub's example unchanged", () => {
    const { options, problems } = parseIntrospection({
      tokenSource: { header: 'Authorization', headerAuthScheme: 'Bearer' },
      clientConfig: {
        url: 'https://as.example/realms/r/protocol/openid-connect/token/introspect',
        headers: { Authorization: 'Basic ZXhhbXBsZTpleGFtcGxl' },
      },
      tokenTypeHint: 'access_token',
      forwardHeaders: { Group: 'grp', 'Expires-At': 'exp' },
      claims: 'Equals(`grp`, `admin`)',
    });
    expect(problems).toEqual([]);
    expect(options).toMatchObject({
      tokenTypeHint: 'access_token',
      tokenSource: { header: 'Authorization', schemes: ['Bearer'] },
      forwardAuthorization: false,
      maxCacheMs: 60_000,
      audience: [],
      issuers: [],
      clientConfig: { timeoutSeconds: 5, maxRetries: 3 },
    });
    expect(JSON.stringify(options)).not.toContain('ZXhhbXBsZTpleGFtcGxl');
    expect(Object.isFrozen(options)).toBe(true);
  });

  it('read the token from Authorization by default, never without a scheme', () => {
    const sourceOf = (tokenSource: object | undefined) =>
      parseIntrospection({ ...client, clientConfig: { url }, tokenSource }).options?.tokenSource;
    const usual = { header: 'Authorization', schemes: ['Bearer'] };
    expect(sourceOf(undefined)).toMatchObject(usual);
    expect(sourceOf({ header: 'Authorization' })).toMatchObject(usual);
    expect(sourceOf({ query: 'token' })).toEqual({ query: 'token', schemes: [] });
    expect(sourceOf({ header: 'X-Token' })).toMatchObject({ header: 'X-Token', schemes: [] });
  });

  it.each<[string, object, readonly string[]]>([
    ['no endpoint', { ...client }, ['error clientConfig: is required']],
    [
      'an endpoint that is no URL',
      { ...client, clientConfig: { url: 'as.example' } },
      ['error clientConfig.url: expected an absolute https or http URL'],
    ],
    [
      'an endpoint in clear',
      { ...client, clientConfig: { url: 'http://as.example/i' } },
      ['warning clientConfig.url: http sends tokens and client secrets in clear: use https'],
    ],
    [
      'credentials in the URL',
      { ...client, clientConfig: { url: 'https://a:b@as.example/' } },
      ['error clientConfig.url: a URL must not contain credentials: use clientID and clientSecret'],
    ],
    [
      'half a client',
      { clientID: 'gateway', clientConfig: { url } },
      ['error clientID: clientSecret is missing: set both'],
    ],
    [
      'a key that is missing',
      { clientID: 'gateway', clientAuthentication: 'private_key_jwt', clientConfig: { url } },
      ['error clientAuthentication: clientConfig.assertion.key is missing: private_key_jwt needs it'],
    ],
    [
      'two ways to authenticate',
      { ...client, clientConfig: { url, headers: { AUTHORIZATION: 'Basic x' } } },
      ['error clientConfig.headers.AUTHORIZATION: excludes clientID: the gateway authenticates in one way'],
    ],
    [
      'a template',
      { ...client, clientConfig: { url, headers: { 'X-A': '{{ .Request.Host }}' } } },
      [
        'error clientConfig.headers.X-A: templates are not supported here: responses are cached, so a request cannot depend on its caller',
      ],
    ],
    [
      'a header of ours',
      { ...client, clientConfig: { url, headers: { Host: 'x' } } },
      ['error clientConfig.headers.Host: cannot be changed'],
    ],
    [
      'no place for the token',
      { ...client, clientConfig: { url }, tokenSource: {} },
      ['error tokenSource: set header, query or cookie'],
    ],
    [
      'two hints',
      { ...client, clientConfig: { url, tokenTypeHint: 'a' }, tokenTypeHint: 'b' },
      ['error tokenTypeHint: clientConfig.tokenTypeHint has another value'],
    ],
    [
      'an unknown option',
      { ...client, clientConfig: { url, tokenTypeHnit: 'a' } },
      ['error clientConfig.tokenTypeHnit: unknown option tokenTypeHnit: did you mean tokenTypeHint?'],
    ],
    [
      'a cache that is too long',
      { ...client, clientConfig: { url }, maxCacheSeconds: 86_401 },
      ['error maxCacheSeconds: expected 0 to 86400'],
    ],
    [
      'a claims expression that is broken',
      { ...client, clientConfig: { url }, claims: 'Equals(`a`)' },
      ['error claims: Equals takes (key, value), not 1 argument'],
    ],
  ])('with %s are reported', (_what, raw, expected) => {
    expect(problemsOf(raw)).toEqual(expected);
  });

  it('warn when nothing authenticates the gateway', () => {
    expect(problemsOf({ clientConfig: { url } })).toEqual([
      expect.stringContaining('warning clientConfig: the gateway does not authenticate') as string,
    ]);
    expect(problemsOf({ clientConfig: { url, headers: { 'X-API-Key': 'k' } } })).toEqual([]);
  });
});
