/** An address cannot be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The system's code, such as `EADDRINUSE`; undefined when it gave none. */
  readonly code: string | undefined;

  constructor(cause: Error) {
    // gRPC puts the words of the system into its own, without the code; a name that cannot be resolved has no code there at all.
    const code = 'code' in cause ? String(cause.code) : /\bE[A-Z]{3,}\b/.exec(cause.message)?.[0];
    super(cause.message, { cause });
    this.code = code ?? (cause.message.startsWith('Name resolution failed') ? 'ENOTFOUND' : undefined);
  }
}
