/** The content of a response. */
export interface Page {
  /** Media type. */
  readonly type: string;
  readonly text: string;
}
