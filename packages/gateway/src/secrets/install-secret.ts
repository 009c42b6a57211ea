import { realpathSync } from 'node:fs';
import { resolveReferences } from './resolve.ts';
import { readSecretFile } from './secret-file.ts';

/** The value of a secret of the install configuration, or the reason why it cannot be read. `fault` names the reference, never a value. */
export type InstallSecret = { readonly text: string } | { readonly fault: string };

/**
 * Reads a secret of the install configuration: `urn:env:VARIABLE`, `urn:file:PATH`, or the text itself. Surrounding white space is
 * removed, because files end with a line break.
 */
export function readInstallSecret(
  written: string,
  env: Readonly<Record<string, string | undefined>>,
): InstallSecret {
  const { value, problems } = resolveReferences(written, {
    env,
    secrets: new Map(),
    namespace: undefined,
    readFile: readSecretFile,
    realPath: realpathSync,
  });
  const fault = problems.find(({ severity }) => severity === 'error');
  return fault === undefined ? { text: String(value).trim() } : { fault: fault.message };
}
