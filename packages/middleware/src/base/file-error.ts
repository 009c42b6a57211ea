/** Maximum size of a kind of file, in bytes. */
export interface SizeLimit {
  readonly bytes: number;
  /** The same with its unit, for messages. */
  readonly text: string;
}

/** For secrets, keys, certificates, tokens and claims: 1 MiB, as for the response of a token endpoint. */
export const secretLimit: SizeLimit = Object.freeze({ bytes: 1024 * 1024, text: '1 MiB' });

/** For files of a configuration: 64 MiB. */
export const configurationLimit: SizeLimit = Object.freeze({ bytes: 64 * 1024 * 1024, text: '64 MiB' });

/**
 * A file that cannot be used. The message continues a sentence that begins with the name of the file: `cannot be read
 * (ENOENT)`, `is a FIFO: expected a regular file of at most 1 MiB`.
 */
export class FileError extends Error {
  override readonly name = 'FileError';
  /** `not_regular`, `too_large`, or the error code of the system, such as `ENOENT`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Converts the error of a file system call to a `FileError`; a `FileError` stays as it is. */
export function toFileError(error: unknown): FileError {
  if (error instanceof FileError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
  return new FileError(code, `cannot be read (${code})`, { cause: error });
}

/** For a source that exceeds its limit. */
export const tooLarge = (limit: SizeLimit, expected: string): FileError =>
  new FileError('too_large', `has more than ${limit.text}: expected ${expected}`);
