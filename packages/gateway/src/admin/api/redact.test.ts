import { Secret } from '@grantgate/middleware/base/secret';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactOptions, redactUrl } from './redact.ts';
import { redactRule } from './redact-rule.ts';

const readAt = Date.UTC(2026, 0, 2, 12, 3, 1);
const redact = (options: object) => redactOptions(options, { readAt });

describe('options in the API', () => {
  it('show what operators need, and no secret', () => {
    expect(
      redact({
        url: 'https://as.example.com/token',
        clientID: 'orders',
        clientSecret: 'hush',
        scopes: ['read', 'write'],
        clientConfig: { timeoutSeconds: 5, headers: { 'X-Key': 'hush' }, tls: { insecureSkipVerify: false } },
        endpointParams: { code: 'hush', count: 7 },
        forwardHeaders: { 'X-Group': 'grp' },
        store: { secrets: ['hush', 'hush'], keyPrefix: 'gg:', redis: { password: 'hush', database: 2 } },
      }),
    ).toEqual({
      url: 'https://as.example.com/token',
      clientID: 'orders',
      clientSecret: '[redacted]',
      scopes: ['read', 'write'],
      clientConfig: {
        timeoutSeconds: 5,
        headers: { 'X-Key': '[redacted]' },
        tls: { insecureSkipVerify: false },
      },
      endpointParams: { code: '[redacted]', count: '[redacted]' },
      forwardHeaders: { 'X-Group': 'grp' },
      store: {
        secrets: ['[redacted]', '[redacted]'],
        keyPrefix: 'gg:',
        redis: { password: '[redacted]', database: 2 },
      },
    });
  });

  it('name a reference and the time at which its value was read', () => {
    const options = { clientSecret: 'urn:k8s:secret:oauth:secret' };
    expect(redact(options)).toEqual({
      clientSecret: '[redacted: urn:k8s:secret:oauth:secret, read 12:03:01]',
    });
    expect(redactOptions(options, { readAt: undefined })).toEqual({
      clientSecret: '[redacted: urn:k8s:secret:oauth:secret]',
    });
  });

  it('hide options that the API does not know, private keys, and objects with a secret inside', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----';
    expect(
      redact({ novelty: 'hush', file: pem, wrapped: new Secret('hush'), pin: 1, secretCode: 1 }),
    ).toEqual({
      ...{ novelty: '[redacted]', file: '[redacted]', wrapped: '[redacted]' },
      ...{ pin: 1, secretCode: '[redacted]' },
    });
  });

  it('end at a depth', () => {
    const deep: Record<string, unknown> = {};
    let inner = deep;
    for (let depth = 0; depth < 100; depth += 1) inner = inner['inner'] = {} as Record<string, unknown>;
    expect(JSON.stringify(redact(deep)).length).toBeLessThan(1_000);
  });

  it('never contain a text of an unknown option, wherever it is', () => {
    const needle = fc.string({ minLength: 12 }).map((text) => `needle${text}`);
    const tree = fc.letrec<{ node: unknown; leaf: string }>((tie) => ({
      leaf: needle,
      node: fc.oneof(
        { maxDepth: 4 },
        tie('leaf'),
        fc.array(tie('node')),
        fc.dictionary(fc.constantFrom('a', 'b', 'clientSecret', 'headers'), tie('node')),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify([redactOptions(value, { readAt })])).not.toContain('needle');
      }),
    );
  });
});

describe('a URL in the API', () => {
  it.each([
    ['https://user:hush@as.example.com/token', 'https://[redacted]@as.example.com/token'],
    ['redis://:hush@10.0.0.1:6379', 'redis://[redacted]@10.0.0.1:6379'],
    ['https://a.example/t?key=hush&mode=hush#x', 'https://a.example/t?key=[redacted]&mode=[redacted]#x'],
    ['https://a@b:hush@c.example/', 'https://[redacted]@c.example/'],
    ['/path?x=1', '/path?x=1'],
    ['https://as.example.com/token', 'https://as.example.com/token'],
  ])('%s is shown as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

describe('a rule in the API', () => {
  it.each([
    ['Host(`a.example`) && PathPrefix(`/x`)', 'Host(`a.example`) && PathPrefix(`/x`)'],
    ['Header(`X-Api-Key`, `hush`)', 'Header(`X-Api-Key`, `[redacted]`)'],
    [
      'Query(`token`, "hu\\"sh") || !HeaderRegexp(`Cookie`, `hush.*`)',
      'Query(`token`, `[redacted]`) || !HeaderRegexp(`Cookie`, `[redacted]`)',
    ],
    ['Header(`X-Region`, `eu`)', 'Header(`X-Region`, `eu`)'],
    ['Header(`X-Token`, `hush', '[redacted]'],
  ])('%s is shown as %s', (rule, shown) => {
    expect(redactRule(rule)).toBe(shown);
  });
});
