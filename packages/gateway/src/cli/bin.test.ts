import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Linter } from 'eslint';
import { describe, expect, it, onTestFinished } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/', import.meta.url));
const manifest = JSON.parse(await readFile(join(bin, '../package.json'), 'utf8')) as {
  readonly bin: { readonly grantgate: string };
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
};
const { checkNode } = createRequire(import.meta.url)('../../bin/check-node.cjs') as {
  readonly checkNode: (version: string) => string | undefined;
};

describe('the command on an old Node.js', () => {
  it('is the file in package.json, and can be parsed by any version', async () => {
    expect(manifest.bin.grantgate).toBe('bin/grantgate.cjs');
    expect(manifest.files).toContain('bin');
    for (const name of ['grantgate.cjs', 'check-node.cjs']) {
      const text = await readFile(join(bin, name), 'utf8');
      const found = new Linter().verify(text, { languageOptions: { ecmaVersion: 5, sourceType: 'script' } });
      expect(found).toEqual([]);
    }
  });

  it.each(['0.10.48', '8.17.0', '12.22.12', '18.20.8', '19.9.0', '20.0.0', '20.9.9', '20.18.3'])(
    'refuses %s in one line',
    (version) => {
      expect(manifest.engines.node).toBe('>=20.19.0');
      expect(checkNode(version)).toBe(
        `grantgate needs Node.js 20.19 or later, and this is Node.js ${version}`,
      );
    },
  );

  it.each(['20.19.0', '20.20.1', '21.0.0', '22.0.0', '24.21.0', '100.1.0', '25.0.0-nightly'])(
    'accepts %s',
    (version) => {
      expect(checkNode(version)).toBeUndefined();
    },
  );
});

describe('the command before it is built', () => {
  it('reports in one line that it is not built, and exits 1', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grantgate-bin-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'bin'));
    for (const name of ['grantgate.cjs', 'check-node.cjs', 'start.cjs'])
      await copyFile(join(bin, name), join(folder, 'bin', name));
    const run = (): Promise<readonly [unknown, string, string]> =>
      new Promise((resolve) => {
        execFile(process.execPath, [join(folder, 'bin/grantgate.cjs'), 'serve'], (error, stdout, stderr) =>
          resolve([error?.code ?? 0, stdout, stderr]),
        );
      });
    expect(await run()).toEqual([1, '', 'error: grantgate is not built: run `make build`\n']);
    await mkdir(join(folder, 'bundle'));
    await writeFile(join(folder, 'bundle/main.js'), 'console.log(process.argv[2])');
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    expect(await run()).toEqual([0, 'serve\n', '']);
  });
});
