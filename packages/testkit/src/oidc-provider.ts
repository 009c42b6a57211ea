import type OidcProvider from 'oidc-provider';

/**
 * `oidc-provider`, a certified authorization server. On Node.js before 22, which it does not support, it prints a warning while
 * it is loaded. The tests use it there all the same, because grantgate supports Node.js 20; `make test-node24` runs them on a
 * version that it does support. Only this one warning is left out of the output.
 */
export const Provider: typeof OidcProvider = await loadProvider();

async function loadProvider(): Promise<typeof OidcProvider> {
  const { console } = globalThis;
  const warn = (...parts: readonly unknown[]): void => {
    if (!String(parts[0]).includes('oidc-provider WARNING: Unsupported runtime.')) console.warn(...parts);
  };
  globalThis.console = Object.assign(Object.create(console) as typeof console, { warn });
  try {
    return (await import('oidc-provider')).default;
  } finally {
    globalThis.console = console;
  }
}
