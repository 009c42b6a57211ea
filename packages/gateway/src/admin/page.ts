/** The content of a response. */
export interface AdminPage {
  /** Media type. */
  readonly type: string;
  readonly text: string;
}
