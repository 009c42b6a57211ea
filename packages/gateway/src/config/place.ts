/** Where in a configuration something stands. Lines and columns count from 1; 0 when the place has none (an environment variable, a live API). */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The object of a live API. */
  readonly object?: ObjectName;
}

/** A Kubernetes object by its name. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The column of an index in a text, in characters (code points), as editors count. */
export function toColumn(text: string, lineStart: number, index: number): number {
  return Array.from(text.slice(lineStart, index)).length + 1;
}

/** Something wrong with a configuration, at a place, said so that a reader can mend it. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  /** Stable, for `--json`: `unknown_option`, `invalid_value`, `syntax`, `missing_reference`, ... */
  readonly code: string;
  /** Option path within its object: `http.routers.api.rule`, `spec.plugin.oAuthClientCredentials.url`; empty for a whole file. */
  readonly path: string;
  /** What is wrong and what was expected; never holds a secret's value. */
  readonly message: string;
}
