import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createParsedAuthenticator } from '@grantgate/middleware';
import { parseClientCredentials } from '@grantgate/middleware/options/parse';
import { parseAllowedReference } from '../config/local-references.ts';
import { parseDocuments } from '../config/parse-documents.ts';
import { translate } from '../providers/translate/translate.ts';
import { createPrepare } from '../snapshot/prepare.ts';
import { checkAssertionFile } from './assertion-file.ts';

const optionsOf = (file: string) => ({
  url: 'http://127.0.0.1:1/token',
  clientID: 'app',
  clientAuthentication: 'assertion_file' as const,
  clientConfig: { assertion: { file } },
});

/** @param entries `allowLocalReferences`; undefined: anything is allowed. */
function check(file: string, entries: readonly string[] | undefined, realPath = (path: string) => path) {
  const written = optionsOf(file);
  const { options } = parseClientCredentials(written);
  const localReferences = entries && {
    option: 'providers.kubernetesCRD.allowLocalReferences',
    allowed: entries.map((entry) => parseAllowedReference(entry)!),
  };
  return checkAssertionFile(options!, { localReferences, realPath, written });
}

describe('an assertion file', () => {
  it('that appears or disappears after any number of configurations is noticed, and watched meanwhile', () => {
    const config = `http: { middlewares: { auth: { plugin: { oAuthClientCredentials: ${JSON.stringify(optionsOf('/run/token'))} } } } }`;
    const configuration = translate(parseDocuments(config, 'routes.yaml').documents);
    const looked = new Set<string>();
    let isThere = false;
    const prepare = createPrepare({
      env: {},
      entryPoints: undefined,
      readFile: () => '',
      realPath(path) {
        looked.add(path);
        if (!isThere) throw Object.assign(new Error('no'), { code: 'ENOENT' });
        return path;
      },
    });
    const codes = (): readonly string[] => {
      looked.clear();
      return prepare(configuration).problems.map(({ code }) => code);
    };
    for (const next of [false, false, true, true, false]) {
      isThere = next;
      expect(codes()).toEqual(next ? [] : ['missing_file']);
      expect([...looked]).toEqual(['/run/token']);
    }
  });

  it.each([
    ['/var/run/secrets/kubernetes.io/serviceaccount/token', []],
    ['/allowed/../var/run/secrets/token', ['urn:file:/allowed/']],
    ['/allowedX/token', ['urn:file:/allowed']],
    ['//var/run/token', ['urn:file:/allowed', 'urn:env:*']],
    ['/allowed/./../../allowed.d/token', ['urn:file:/allowed']],
  ])('that allowLocalReferences does not list is an error, and is not opened: %s', (file, entries) => {
    const seen: string[] = [];
    const { options, problems } = check(file, entries, (path) => {
      seen.push(path);
      return path;
    });
    expect(options).toBeUndefined();
    expect(seen).toEqual([]);
    expect(problems).toEqual([
      {
        severity: 'error',
        path: ['clientConfig', 'assertion', 'file'],
        code: 'forbidden_reference',
        message: 'not allowed here: providers.kubernetesCRD.allowLocalReferences does not list it',
      },
    ]);
  });

  it('is allowed exactly where a reference to the file would be', () => {
    const part = fc.constantFrom('allowed', 'other', '..', '.', '', 'token');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const path = `/${parts.join('/')}`;
        const { options } = check(path, ['urn:file:/allowed/']);
        const normal = new URL(`file://${path.replace(/\/+/g, '/')}`).pathname.replace(/\/$/, '');
        expect(options !== undefined).toBe(/^\/allowed(?:\/|$)/.test(normal));
      }),
    );
  });

  it('is restricted to allowed paths whenever it is read, with symbolic links resolved', async () => {
    const root = mkdtempSync(join(tmpdir(), 'grantgate-assertion-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    for (const name of ['allowed', 'private']) mkdirSync(join(root, name));
    writeFileSync(join(root, 'private', 'token'), 'eyJ.e30.c2ln');
    const file = join(root, 'allowed', 'token');
    writeFileSync(file, 'eyJ.e30.c2ln');
    const { options, problems } = check(file, [`urn:file:${root}/allowed`], realpathSync);
    expect(problems).toEqual([]);
    expect(options!.clientConfig.assertion).toMatchObject({ file, within: [join(root, 'allowed')] });
    rmSync(file);
    symlinkSync(join(root, 'private', 'token'), file);
    const authenticator = createParsedAuthenticator({
      ...options!,
      clientConfig: { ...options!.clientConfig, maxRetries: 0 },
    });
    expect(await authenticator.decide({ authorization: undefined })).toMatchObject({
      allowed: false,
      detail: 'a symbolic link of the assertion file leads outside the allowed paths',
    });
    await authenticator.close();
  });

  it('may be anywhere where local references are not restricted', () => {
    expect(check('/run/x/../token', undefined)).toMatchObject({
      options: { clientConfig: { assertion: { file: '/run/token', within: undefined } } },
      problems: [],
    });
  });

  it('that does not exist yet is a warning', () => {
    const missing = check('/run/token', undefined, () => {
      throw Object.assign(new Error('no'), { code: 'ENOENT' });
    });
    expect(missing.options).toBeDefined();
    expect(missing.problems).toMatchObject([{ severity: 'warning', code: 'missing_file' }]);
  });
});
