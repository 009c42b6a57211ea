/** What a decision needs to know of a request. */
export interface RequestFacts {
  /** Value of the `Authorization` header; undefined when absent. More than one such header is to be given joined by `, `. */
  readonly authorization: string | undefined;
}
