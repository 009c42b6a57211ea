/** What is under way where requests are served. */
export interface RequestActivity {
  /** New requests are refused. */
  readonly draining: boolean;
  /** The response to each request is the last of its connection, as far as that can still be said. */
  readonly ending: boolean;
  /** A response is under way... */
  begin(): void;
  /** ...and is over. */
  finish(): void;
}
