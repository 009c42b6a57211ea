import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReference } from './reference.ts';
import type { SecretSources } from './resolve.ts';
import { resolveReferences } from './resolve.ts';

const sources: SecretSources = {
  namespace: 'apps',
  secrets: new Map([
    ['apps/my-secret', new Map([['clientID', 'id'], ['clientSecret', 'pass'], ['empty', '']])],
    ['other/hidden', new Map([['key', 'never']])],
  ]), // prettier-ignore
  env: { CLIENT: 'from-env' },
  readFile(path) {
    if (path === '/run/secret') return 'from-file\n\n';
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  },
};

describe('secret references', () => {
  it('are replaced wherever they stand, and nothing else is', () => {
    const options = {
      url: 'https://example.com',
      ClientId: 'urn:k8s:secret:my-secret:clientID',
      clientConfig: { tls: { ca: 'urn:file:/run/secret' }, maxRetries: 3 },
      list: ['urn:env:CLIENT', 'urn:ietf:params:oauth:x', null],
    };
    const before = structuredClone(options);
    expect(resolveReferences(options, sources)).toEqual({
      value: {
        url: 'https://example.com',
        ClientId: 'id',
        clientConfig: { tls: { ca: 'from-file\n' }, maxRetries: 3 },
        list: ['from-env', 'urn:ietf:params:oauth:x', null],
      },
      problems: [],
      lookUps: [
        {
          reference: { kind: 'kubernetes', namespace: 'apps', name: 'my-secret', key: 'clientID' },
          found: { value: 'id' },
        },
        { reference: { kind: 'file', path: '/run/secret' }, found: { value: 'from-file\n' } },
        { reference: { kind: 'env', variable: 'CLIENT' }, found: { value: 'from-env' } },
      ],
    });
    expect(options).toEqual(before);
  });

  it("work in Traefik Hub's older form, with a warning", () => {
    const { value, problems } = resolveReferences({ a: 'urn:k8s:my-secret:my-secret:clientSecret' }, sources);
    expect(value).toEqual({ a: 'pass' });
    expect(problems).toMatchObject([{ severity: 'warning', path: ['a'], code: 'deprecated_reference' }]);
    expect(problems[0]!.message).toContain('urn:k8s:secret:my-secret:clientSecret');
  });

  it.each([
    ['urn:k8s:secret:nowhere:key', 'there is no Secret apps/nowhere'],
    ['urn:k8s:secret:my-secret:nokey', 'the Secret apps/my-secret has no key nokey'],
    ['urn:k8s:secret:my-secret:empty', 'its value is empty'],
    ['urn:k8s:secret:hidden:key', 'there is no Secret apps/hidden'],
    ['urn:env:NOWHERE', 'the environment variable NOWHERE is not set'],
    ['urn:env:constructor', 'the environment variable constructor is not set'],
    ['urn:file:/nowhere', 'the file /nowhere cannot be read (ENOENT)'],
  ])('that lead nowhere are errors that name them: %s', (text, message) => {
    const { value, problems } = resolveReferences({ a: [text] }, sources);
    expect(value).toEqual({ a: [text] });
    expect(problems).toEqual([
      { severity: 'error', path: ['a', 0], code: 'missing_secret', message: `${text}: ${message}` },
    ]);
  });

  it.each([
    'urn:k8s:', 'urn:k8s:secret:name', 'urn:k8s:a:b:c', 'urn:k8s:secret:a:b:c', 'urn:k8s:secret:a/b:c',
    'urn:k8s:secret::c', 'urn:k8s:secret:../x:c', 'urn:env:', 'urn:env:A-B', 'urn:file:',
  ])('that are malformed say what was expected: %s', (text) => {
    const { problems } = resolveReferences({ a: text }, sources);
    expect(problems).toMatchObject([{ severity: 'error', code: 'invalid_reference', path: ['a'] }]);
    expect(problems[0]!.message).toMatch(/^expected urn:/);
  }); // prettier-ignore

  it('of a middleware outside Kubernetes mean the namespace default', () => {
    expect(parseReference('URN:K8S:secret:a:b', undefined)).toMatchObject({
      kind: 'reference',
      reference: { kind: 'kubernetes', namespace: 'default', name: 'a', key: 'b' },
    });
  });

  it('never throw, whatever the options', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, rest) => {
        resolveReferences([value, `urn:k8s:${rest}`, `urn:env:${rest}`, `urn:file:${rest}`], sources);
      }),
    );
  });
});
