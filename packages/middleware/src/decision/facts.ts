/** Facts about a request that a decision needs. */
export interface DecisionFacts {
  /** Value of the `Authorization` header; undefined when absent. Join several such headers with `, `. */
  readonly authorization: string | undefined;
}
