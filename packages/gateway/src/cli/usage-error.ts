/** The command cannot do what it was asked for as it was asked: exit 2. The message never holds a secret. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
