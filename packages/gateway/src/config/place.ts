/** Position in a configuration. Lines and columns start at 1; 0 when there is no position (an environment variable, a live API). */
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

/** A problem of a configuration with its position, described so that a reader can fix it. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  /** Stable, for `--json`: `unknown_option`, `invalid_value`, `syntax`, `missing_reference`, ... */
  readonly code: string;
  /** Option path within its object: `http.routers.api.rule`, `spec.plugin.oAuthClientCredentials.url`; empty for a whole file. */
  readonly path: string;
  /** The problem and the expected value; never contains a secret. */
  readonly message: string;
}
