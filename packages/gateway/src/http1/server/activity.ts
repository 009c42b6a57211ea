/** State of the shutdown, and the number of responses in flight. */
export interface RequestActivity {
  /** Refuses new requests. */
  readonly draining: boolean;
  /** Each response is the last one of its connection, if that can still be announced. */
  readonly ending: boolean;
  /** A response has started... */
  begin(): void;
  /** ...and has ended. */
  finish(): void;
}
