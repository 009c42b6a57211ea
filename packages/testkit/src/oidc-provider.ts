import type OidcProvider from 'oidc-provider';
import { loadProvider } from '../../demo/src/oidc-provider.ts';

/**
 * `oidc-provider` does not support Node.js before 22. The tests use it there nevertheless, because grantgate supports Node.js 20;
 * `make test-node24` runs them on a supported version.
 */
export const Provider: typeof OidcProvider = await loadProvider();
