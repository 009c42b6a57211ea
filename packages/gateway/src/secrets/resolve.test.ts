import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAllowedReference } from '../config/local-references.ts';
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
  realPath: (path) => path,
  readFile(path) {
    if (path === '/run/secret') return 'from-file\n\n';
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  },
};

describe('secret references', () => {
  it('are replaced everywhere, and other text is unchanged', () => {
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
  ])('that do not resolve are errors that name them: %s', (text, message) => {
    const { value, problems } = resolveReferences({ a: [text] }, sources);
    expect(value).toEqual({ a: [text] });
    expect(problems).toEqual([
      { severity: 'error', path: ['a', 0], code: 'missing_secret', message: `${text}: ${message}` },
    ]);
  });

  it.each([
    'urn:k8s:', 'urn:k8s:secret:name', 'urn:k8s:a:b:c', 'urn:k8s:secret:a:b:c', 'urn:k8s:secret:a/b:c',
    'urn:k8s:secret::c', 'urn:k8s:secret:../x:c', 'urn:env:', 'urn:env:A-B', 'urn:file:',
  ])('that are malformed report the expected form: %s', (text) => {
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

  it('never throw for any options', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, rest) => {
        const options = [value, `urn:k8s:${rest}`, `urn:env:${rest}`, `urn:file:${rest}`];
        expect(() => resolveReferences(options, sources)).not.toThrow();
      }),
    );
  });
});

/** Local references that a source may use, as in `allowLocalReferences`. */
const allow = (...entries: readonly string[]) => ({
  option: 'providers.kubernetesCRD.allowLocalReferences',
  allowed: entries.map((entry) => parseAllowedReference(entry)!),
});
/** Sources that record each access to the machine. */
function watched(...entries: readonly string[]) {
  const seen: string[] = [];
  const restricted: SecretSources = {
    ...sources,
    localReferences: allow(...entries),
    env: new Proxy(
      { HOME: '/root', TENANT_A: 'a', TENANTS: 'all' },
      {
        get: (target, name) => {
          seen.push(`env ${String(name)}`);
          return Reflect.get(target, name) as unknown;
        },
      },
    ),
    readFile(path) {
      seen.push(`file ${path}`);
      return 'from-file';
    },
    realPath: (path) => path,
  };
  return { restricted, seen };
}

describe('local references of an untrusted source', () => {
  const anyCase = (text: string) =>
    fc
      .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
      .map((upper) => Array.from(text, (char, at) => (upper[at] ? char.toUpperCase() : char)).join(''));
  const place = fc.constantFrom(
    ['clientID'], ['clientSecret'], ['audience'], ['claims'], ['url'], ['forwardHeaders', 'Group'],
    ['clientConfig', 'tls', 'ca'], ['clientConfig', 'tls', 'cert'], ['clientConfig', 'tls', 'key'],
    ['store', 'secret'], ['store', 'keyPrefix'], ['store', 'redis', 'username'], ['store', 'redis', 'password'],
    ['store', 'redis', 'sentinel', 'password'], ['store', 'redis', 'tls', 'ca'], ['store', 'redis', 'tls', 'key'],
    ['store', 'redis', 'endpoints', '0'],
  ); // prettier-ignore
  const target = fc.constantFrom(
    '/etc/passwd', '/proc/self/environ', '../../etc/passwd', '/allowed/../etc/passwd', '/allowedX', '/allowed.d/x',
    'HOME', 'TENANTS', 'PATH', '//etc/passwd', './allowed/x', '/ALLOWED/x', '/allowed/./../x', ' /allowed/x',
  ); // prettier-ignore
  const space = fc.constantFrom('', ' ', '\t', '\n', '\u00a0');

  it('are refused without being read, everywhere and in any spelling', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('urn:file:', 'urn:env:').chain(anyCase),
        place,
        target,
        space,
        space,
        (scheme, path, to, before, after) => {
          const { restricted, seen } = watched('urn:file:/allowed/', 'urn:env:TENANT_*');
          const text = `${before}${scheme}${to}${after}`;
          const options = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), text);
          const { value, problems } = resolveReferences(options, restricted);
          expect(seen).toEqual([]);
          expect(value).toEqual(options);
          // Leading white space makes it an ordinary text.
          expect(problems).toMatchObject(before === '' ? [{ severity: 'error', path }] : []);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are reported with the option that would allow them', () => {
    expect(
      resolveReferences({ clientSecret: 'urn:file:/etc/passwd' }, watched().restricted).problems,
    ).toEqual([
      {
        severity: 'error',
        path: ['clientSecret'],
        code: 'forbidden_reference',
        message:
          'urn:file:/etc/passwd: not allowed here: providers.kubernetesCRD.allowLocalReferences does not list it',
      },
    ]);
  });

  it('are not resolved in the values of other references', () => {
    const { restricted, seen } = watched();
    const secrets = new Map([['apps/s', new Map([['k', 'urn:file:/etc/passwd']])]]);
    const options = { a: 'urn:k8s:secret:s:k', b: 'urn:k8s:s:s:k' };
    expect(resolveReferences(options, { ...restricted, secrets }).value).toEqual({
      a: 'urn:file:/etc/passwd',
      b: 'urn:file:/etc/passwd',
    });
    expect(seen).toEqual([]);
  });

  it.each([
    [['urn:env:TENANT_A'], 'urn:env:TENANT_A', 'a'],
    [['urn:env:TENANT_*'], 'URN:ENV:TENANT_A', 'a'],
    [['urn:env:*'], 'urn:env:HOME', '/root'],
    [['urn:file:/allowed/key'], 'urn:file:/allowed/key', 'from-file'],
    [['urn:file:/allowed'], 'urn:file:/allowed/deep/key', 'from-file'],
    [['urn:file:/allowed/'], 'urn:file:/allowed//./deep/../key', 'from-file'],
    [['URN:FILE:/x/../allowed/*'], 'urn:file:/allowed/key', 'from-file'],
    [['urn:file:/'], 'urn:file:/etc/passwd', 'from-file'],
  ])('are used only as far as %j allows: %s', (entries, text, value) => {
    expect(resolveReferences([text], watched(...entries).restricted)).toMatchObject({
      value: [value],
      problems: [],
    });
  });

  it.each([
    '',
    'TENANT',
    'urn:env:',
    'urn:env:A-B',
    'urn:env:A*B',
    'urn:file:',
    'urn:file:secret',
    'urn:file:./a',
    'urn:file:/run/app*',
    'urn:k8s:secret:a:b',
    '*',
    'urn:*',
  ])('cannot be allowed as %j', (text) => {
    expect(parseAllowedReference(text)).toBeUndefined();
  });

  it('do not follow symbolic links out of the allowed paths, but follow those within', () => {
    const folder = mkdtempSync(join(tmpdir(), 'grantgate-links-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'allowed', '..data'), { recursive: true });
    mkdirSync(join(folder, 'private'));
    writeFileSync(join(folder, 'private', 'key'), 'never');
    writeFileSync(join(folder, 'allowed', '..data', 'key'), 'rotated');
    symlinkSync(join('..data', 'key'), join(folder, 'allowed', 'key'));
    symlinkSync(join('..', 'private', 'key'), join(folder, 'allowed', 'file-link'));
    symlinkSync(join(folder, 'private'), join(folder, 'allowed', 'folder-link'));
    symlinkSync(join(folder, 'allowed'), join(folder, 'mount'));
    const read: string[] = [];
    const resolveFile = (entry: string, path: string) =>
      resolveReferences([`urn:file:${join(folder, path)}`], {
        ...sources,
        localReferences: allow(`urn:file:${join(folder, entry)}`),
        readFile(file) {
          read.push(realpathSync(file));
          return readFileSync(file, 'utf8');
        },
        realPath: (file) => realpathSync(file),
      });
    // As Kubernetes mounts a Secret.
    expect(resolveFile('allowed', 'allowed/key').value).toEqual(['rotated']);
    expect(resolveFile('mount', 'mount/key').value).toEqual(['rotated']);
    expect(resolveFile('allowed/key', 'allowed/key').value).toEqual(['rotated']);
    for (const path of ['allowed/file-link', 'allowed/folder-link/key', 'allowed/nowhere'])
      expect(resolveFile('allowed', path).problems).toMatchObject([
        { severity: 'error', code: 'missing_secret' },
      ]);
    // The file system would go to private/../allowed/.., not back.
    expect(
      resolveReferences([`urn:file:${folder}/allowed/folder-link/../private/key`], {
        ...sources,
        localReferences: allow(`urn:file:${folder}/allowed`),
        realPath: (file) => realpathSync(file),
        readFile: (file) => {
          read.push(file);
          return readFileSync(file, 'utf8');
        },
      }).problems,
    ).toHaveLength(1);
    expect(read.filter((file) => file.includes('private'))).toEqual([]);
  });
});
