import { describe, expect, it } from 'vitest';
import { Secret } from '../base/secret.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { parseClientCredentials } from './parse.ts';

const url = 'https://auth.example.com/token';
const problems = (raw: unknown) =>
  parseClientCredentials(raw).problems.map(
    ({ severity, path, code }) => `${severity} ${path.join('.')} ${code}`,
  );

describe('the options', () => {
  it('require only url; everything else has its documented default', () => {
    expect(parseClientCredentials({ url })).toEqual({
      problems: [],
      options: {
        url,
        clientID: undefined,
        clientSecret: undefined,
        clientAuthentication: 'auto',
        audience: undefined,
        scopes: [],
        resource: [],
        endpointParams: {},
        tokenLifetimeMs: undefined,
        acceptedTokenTypes: [],
        claims: undefined,
        forwardHeaders: {},
        forwardHeadersFormat: 'comma',
        usernameClaim: undefined,
        renewOnUnauthorized: true,
        clientConfig: {
          tls: { ca: undefined, cert: undefined, key: undefined, insecureSkipVerify: false },
          timeoutSeconds: 5,
          maxRetries: 3,
          maxConcurrent: 64,
          headers: {},
          proxy: undefined,
          assertion: undefined,
        },
      },
    });
  });

  it('may have names in any letter case, and wrap secrets', () => {
    const { options, problems: found } = parseClientCredentials({
      URL: url,
      clientid: 'app',
      CLIENTSECRET: 'tell-tale',
      Audience: 'a',
      CLIENTCONFIG: { TimeOutSeconds: 0.5, MAXRETRIES: 0, TLS: { INSECURESKIPVERIFY: false } },
      forwardheaders: { 'X-Group': 'grp' },
      USERNAMECLAIM: 'sub',
    });
    expect(found).toEqual([]);
    expect(options).toMatchObject({ clientID: 'app', audience: 'a', usernameClaim: 'sub' });
    expect(options?.clientConfig).toMatchObject({ timeoutSeconds: 0.5, maxRetries: 0 });
    expect(options?.forwardHeaders).toEqual({ 'X-Group': 'grp' });
    expect(options?.clientSecret).toBeInstanceOf(Secret);
    expect(JSON.stringify(options)).not.toContain('tell-tale');
  });

  it('keep the url in its normal form', () => {
    expect(parseClientCredentials({ url: 'HTTP://LOCALHOST:80/token?a=b' }).options?.url).toBe(
      'http://localhost/token?a=b',
    );
  });

  it.each([
    [null, ['error  invalid_value']],
    [undefined, ['error  missing_option']],
    ['text', ['error  invalid_value']],
    [{}, ['error url missing_option']],
    [{ url: 1 }, ['error url invalid_value']],
    [{ url: '/token' }, ['error url invalid_value']],
    [{ url: 'ftp://a/b' }, ['error url invalid_value']],
    [{ url: 'https://a:b@c/d' }, ['error url invalid_value']],
    [{ url: `${url}#f` }, ['error url invalid_value']],
    [{ url, clientID: 'a' }, ['error clientID missing_option']],
    [{ url, clientSecret: 'a' }, ['error clientSecret missing_option']],
    [{ url, clientID: '', clientSecret: 'a' }, ['error clientSecret missing_option']],
    [
      { url, claims: 'Nope(`a`) || Equals(`a`)' },
      ['error claims invalid_expression', 'error claims invalid_expression'],
    ],
    [{ url, usernameClaim: 'a..b' }, ['error usernameClaim invalid_value']],
    [{ url, forwardHeaders: { A: [] } }, ['error forwardHeaders.A invalid_value']],
    [
      { url, forwardHeaders: { A: [], Host: 'a', B: 'a..b', C: 'c' } },
      ['A', 'Host', 'B'].map((name) => `error forwardHeaders.${name} invalid_value`),
    ],
    ...['{"__proto__":"a"}', '{"__proto__":1}'].map((json) => [
      { url, forwardHeaders: JSON.parse(json) as object },
      ['error forwardHeaders.__proto__ invalid_value'],
    ]),
    [{ url, forwardHeaders: null }, ['error forwardHeaders invalid_value']],
    [{ url, forwardHeaders: ['a'] }, ['error forwardHeaders invalid_value']],
    [
      { URL: 'x', clientid: 'a', forwardHeaders: { '': 'a' }, usernameClaim: '.', claims: '(', nope: 1 },
      [
        'error nope unknown_option',
        'error URL invalid_value',
        'error clientid missing_option',
        'error claims invalid_expression',
        'error forwardHeaders. invalid_value',
        'error usernameClaim invalid_value',
      ],
    ],
    [{ url, clientConfig: { timeoutSeconds: 3600, maxRetries: 100 } }, []],
    [{ url, clientConfig: { timeoutSeconds: 'five' } }, ['error clientConfig.timeoutSeconds invalid_value']],
    [
      { url, clientConfig: { timeoutSeconds: Infinity } },
      ['error clientConfig.timeoutSeconds invalid_value'],
    ],
    [{ url, clientConfig: { maxRetries: 101 } }, ['error clientConfig.maxRetries invalid_value']],
    [
      { url, clientConfig: { tls: { insecureSkipVerify: 'yes' } } },
      ['error clientConfig.tls.insecureSkipVerify invalid_value'],
    ],
    [{ url, audience: {} }, ['error audience invalid_value']],
    [
      { url, clientID: null, clientSecret: null },
      ['error clientID invalid_value', 'error clientSecret invalid_value'],
    ],
    [{ url, tokenLifetime: '2h', acceptedTokenTypes: ['BearerToken', ''], forwardHeadersFormat: 'json' }, []],
    ...['0', '-1s', 'soon', '9999h', null].map((tokenLifetime) => [
      { url, tokenLifetime },
      ['error tokenLifetime invalid_value'],
    ]),
    [{ url, acceptedTokenTypes: { BearerToken: true } }, ['error acceptedTokenTypes invalid_value']],
    [{ url, forwardHeadersFormat: 'xml' }, ['error forwardHeadersFormat invalid_value']],
    [{ url, clientConfig: null }, ['error clientConfig invalid_value']],
    [{ url, clientConfig: { tls: null } }, ['error clientConfig.tls invalid_value']],
    [{ url, clientConfig: { timeoutSeconds: 0 } }, ['error clientConfig.timeoutSeconds invalid_value']],
    [{ url, clientConfig: { timeoutSeconds: 3601 } }, ['error clientConfig.timeoutSeconds invalid_value']],
    [{ url, clientConfig: { maxRetries: -1 } }, ['error clientConfig.maxRetries invalid_value']],
    [{ url, clientConfig: { maxRetries: 1.5 } }, ['error clientConfig.maxRetries invalid_value']],
    [{ url, clientConfig: { TLS: { CA: 'x' } } }, ['error clientConfig.TLS.CA invalid_value']],
    [{ url, URL: url }, ['error URL duplicate_option']],
    [{ url, audiance: 'a' }, ['error audiance unknown_option']],
    [{ url, clientConfig: { tls: { insecure: true } } }, ['error clientConfig.tls.insecure unknown_option']],
    [
      { url, clientConfig: { tls: { insecureSkipVerify: true } } },
      ['warning clientConfig.tls.insecureSkipVerify insecure'],
    ],
    [{ url: 'http://auth.example.com/token' }, ['warning url insecure']],
    ...['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'as.localhost'].map((host) => [
      { url: `http://${host}/t` },
      [],
    ]),
  ] as [unknown, string[]][])('%j: %j', (raw, expected) => {
    expect(problems(raw)).toEqual(expected);
    expect(parseClientCredentials(raw).options === undefined).toBe(
      expected.some((one) => one.startsWith('error')),
    );
  });

  it.each([
    ['audiance', 'did you mean audience?'],
    ['client_id', 'did you mean clientID?'],
    ['forwardHeader', 'did you mean forwardHeaders?'],
    ['zzz', 'expected one of url, issuer, clientID'],
  ])('called %s are unknown: %s', (name, hint) => {
    expect(parseClientCredentials({ url, [name]: 'x' }).problems[0]?.message).toContain(hint);
  });

  it('accept a forwarded header with the name of an inherited property', () => {
    const forwardHeaders = { constructor: 'a', toString: 'b' };
    expect({ ...parseClientCredentials({ url, forwardHeaders }).options!.forwardHeaders }).toEqual(
      forwardHeaders,
    );
  });

  it('report the position of a problem in the expression', () => {
    expect(parseClientCredentials({ url, claims: 'Equals(`a`, `b`) &&\n Nope(`a`)' }).problems).toMatchObject(
      [{ within: { line: 2, column: 2 } }],
    );
  });

  it('accept a certificate only with its own key', () => {
    const authority = createTestAuthority();
    const [one, other] = [authority.issue('one'), authority.issue('other')];
    const tls = (value: unknown) => problems({ url, clientConfig: { tls: value } });
    expect(tls({ ca: authority.cert, ...one })).toEqual([]);
    expect(tls({ cert: one.cert })).toEqual(['error clientConfig.tls.cert missing_option']);
    expect(tls({ key: one.key })).toEqual(['error clientConfig.tls.key missing_option']);
    expect(tls({ cert: one.cert, key: other.key })).toEqual(['error clientConfig.tls.key invalid_value']);
  });
});

describe('the store', () => {
  const secret = '0123456789abcdef';
  const endpoints = ['127.0.0.1:6379'];
  const withStore = (store: unknown) => ({ url, store });
  const withRedis = (redis: object) => withStore({ secret, redis: { endpoints, ...redis } });

  it('is read completely, with its names in any letter case', () => {
    const { cert, key } = createTestAuthority().issue('client');
    const { options, problems: found } = parseClientCredentials({
      url,
      Store: {
        keyprefix: 'gg:',
        SECRET: secret,
        redis: {
          Endpoints: ['[::1]:26379', 'redis.example.com:26380'],
          username: 'user',
          password: 'pass',
          database: 3,
          tls: { caBundle: cert, cert, key, insecureSkipVerify: false },
          sentinel: { mastername: undefined, masterSet: 'main', username: 'sentinel', password: 'other' },
        },
      },
    });
    expect(found.map(({ path }) => path.join('.'))).toEqual(['Store.redis.sentinel.mastername']);
    expect(options).toBeUndefined();
    const read = parseClientCredentials({
      url,
      store: {
        keyPrefix: 'gg:',
        secret: new Secret(secret),
        redis: {
          endpoints: ['[::1]:26379', 'redis.example.com:26380'],
          username: 'user',
          password: 'pass',
          database: 3,
          tls: { caBundle: cert, cert, key },
          sentinel: { masterSet: 'main', username: 'sentinel', password: 'other' },
        },
      },
    });
    expect(read.problems).toEqual([]);
    const store = read.options!.store!;
    expect(store).toMatchObject({
      keyPrefix: 'gg:',
      redis: {
        endpoints: [
          { host: '::1', port: 26379 },
          { host: 'redis.example.com', port: 26380 },
        ],
        username: 'user',
        database: 3,
        cluster: false,
        tls: { ca: cert, cert, insecureSkipVerify: false },
        sentinel: { masterSet: 'main', username: 'sentinel' },
      },
    });
    expect(store.secret.reveal()).toBe(secret);
    const rotated = parseClientCredentials({
      url,
      store: { secrets: [secret, 'o'.repeat(16)], redis: { endpoints: ['a:1'], timeout: '1s' } },
    }).options!.store!;
    expect([rotated.secret, ...rotated.otherSecrets].map((one) => one.reveal())).toEqual([
      secret,
      'o'.repeat(16),
    ]);
    expect(rotated.redis.timeoutMs).toBe(1000);
    expect(store.redis.password!.reveal()).toBe('pass');
    expect(store.redis.sentinel!.password!.reveal()).toBe('other');
  });

  it.each([
    [withStore({ secret, redis: { endpoints } }), []],
    [withStore({}), ['error store.redis missing_option', 'error store.secret missing_option']],
    [
      withStore({ secret, secrets: [secret], redis: { endpoints } }),
      ['error store.secrets duplicate_option'],
    ],
    [
      withStore({ secrets: [secret, 'short'], redis: { endpoints } }),
      ['error store.secrets.1 invalid_value'],
    ],
    [withStore({ secrets: [], redis: { endpoints } }), ['error store.secrets invalid_value']],
    [withStore({ secrets: secret, redis: { endpoints } }), ['error store.secrets invalid_value']],
    [withRedis({ timeout: '11s' }), ['error store.redis.timeout invalid_value']],
    [withRedis({ timeout: 0 }), ['error store.redis.timeout invalid_value']],
    [withStore({ secret: 'short', redis: { endpoints } }), ['error store.secret invalid_value']],
    [withStore({ secret: 'ä'.repeat(8), redis: { endpoints } }), []],
    [withStore({ secret, redis: {} }), ['error store.redis.endpoints missing_option']],
    [withRedis({ endpoints: [] }), ['error store.redis.endpoints invalid_value']],
    [withRedis({ endpoints: ['localhost'] }), ['error store.redis.endpoints.0 invalid_value']],
    [
      withRedis({ endpoints: ['a:0', 'a:65536', '[1.2.3.4]:1'], cluster: {} }),
      [0, 1, 2].map((n) => `error store.redis.endpoints.${n} invalid_value`),
    ],
    [withRedis({ endpoints: ['a:1', 'b:1'] }), ['error store.redis.endpoints invalid_value']],
    [withRedis({ cluster: true }), []],
    [withRedis({ cluster: {} }), []],
    [withRedis({ cluster: 'yes' }), ['error store.redis.cluster invalid_value']],
    [withRedis({ cluster: {}, database: 2 }), ['warning store.redis.database ignored_option']],
    [withRedis({ cluster: {}, sentinel: { masterSet: 'm' } }), ['error store.redis.sentinel invalid_value']],
    [withRedis({ sentinel: {} }), ['error store.redis.sentinel.masterSet missing_option']],
    [withRedis({ database: -1 }), ['error store.redis.database invalid_value']],
    [withRedis({ username: 'u' }), ['error store.redis.username missing_option']],
    [
      withRedis({ tls: { cert: 'x' } }),
      ['error store.redis.tls.cert missing_option', 'error store.redis.tls.cert invalid_value'],
    ],
    [withRedis({ tls: { caBundle: 'x' } }), ['error store.redis.tls.caBundle invalid_value']],
    [
      withRedis({ tls: { insecureSkipVerify: true } }),
      ['warning store.redis.tls.insecureSkipVerify insecure'],
    ],
    [withRedis({ pasword: 'x' }), ['error store.redis.pasword unknown_option']],
  ])('%j', (raw, expected) => {
    expect(problems(raw).sort()).toEqual([...expected].sort());
  });

  it('is never quoted in a problem', () => {
    const raw = withStore({
      secret: 'hunter2',
      redis: { endpoints: ['hunter2'], password: 'hunter2', cluster: 'hunter2' },
    });
    expect(JSON.stringify(parseClientCredentials(raw).problems)).not.toContain('hunter2');
  });
});
