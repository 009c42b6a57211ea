/** What a decision needs to know of a request. */
export interface RequestFacts {
  /** Value of the `Authorization` header; undefined when absent. Join several such headers with `, `. */
  readonly authorization: string | undefined;
}
