import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readInstallSecret } from './install-secret.ts';

describe('a secret of the install configuration', () => {
  it('is the text itself, the value of a variable, or a file without its line break', () => {
    const folder = mkdtempSync(join(tmpdir(), 'grantgate-secret-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'token');
    writeFileSync(file, 'from a file\n');
    expect(readInstallSecret('itself', {})).toEqual({ text: 'itself' });
    expect(readInstallSecret('urn:env:TOKEN', { TOKEN: 'from a variable' })).toEqual({
      text: 'from a variable',
    });
    expect(readInstallSecret(`urn:file:${file}`, {})).toEqual({ text: 'from a file' });
  });

  it.each(['urn:env:MISSING', 'urn:file:/no/such/file', 'urn:k8s:secret:a:b'])(
    'cannot be read from %s, which the fault names',
    (reference) => {
      expect(readInstallSecret(reference, { OTHER: 'hush' })).toEqual({
        fault: expect.stringContaining(reference) as string,
      });
    },
  );
});
