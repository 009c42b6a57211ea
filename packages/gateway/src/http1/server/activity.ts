/** Activity where requests are served. */
export interface RequestActivity {
  /** New requests are refused. */
  readonly draining: boolean;
  /** The response to each request is the last one of its connection, if that can still be announced. */
  readonly ending: boolean;
  /** A response has started... */
  begin(): void;
  /** ...and has ended. */
  finish(): void;
}
