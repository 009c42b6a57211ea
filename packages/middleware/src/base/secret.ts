/** A string that reveals itself only through `reveal`: printing, logging or serialising it yields `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; call it only to send the value to its destination. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  static {
    // `util.inspect.custom` by its registered name; defined here because a declaration cannot name a computed member.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value: () => '[redacted]',
    });
  }
}
