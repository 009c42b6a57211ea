import { FileError } from '@grantgate/middleware/base/file-error';

/** The kubeconfig, the service account or their credentials cannot be read. The message contains no credentials. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
}

/** The result of `from`. @throws AccessError */
export function read<T>(what: string, from: () => T): T {
  try {
    return from();
  } catch (error) {
    throw toAccessError(what, error);
  }
}

/** The message names the file and its fault. */
export function toAccessError(what: string, error: unknown): AccessError {
  const reason = error instanceof FileError ? `: ${error.message}` : ` (${reasonOf(error)})`;
  return new AccessError(`${what} is invalid${reason}`, { cause: error });
}

/** Withheld, because messages of parsers quote the file, and those of plugins may contain anything. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
