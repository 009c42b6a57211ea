import type * as library from '@kubernetes/client-node';

/** Loads `@kubernetes/client-node`, which only a kubeconfig needs (57 MB); undefined when it is not installed. */
export async function loadClientLibrary(): Promise<typeof library | undefined> {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
