import { redactTarget } from '../redact.ts';
import { fromWireTarget } from '../wire-text.ts';

/** Path and query of a request target as a span shows them. */
export interface SafeUrl {
  readonly path: string;
  /** Without `?`; undefined when there is none. */
  readonly query: string | undefined;
}

/**
 * Redacts a target for spans: all values of the query except those of safe parameters, and everything that the access log redacts.
 *
 * @param safe names of parameters whose values are shown.
 * @param secretNames names of parameters that carry credentials.
 */
export function toSafeUrl(
  target: string,
  safe: ReadonlySet<string>,
  secretNames: ReadonlySet<string> | undefined,
): SafeUrl {
  const redacted = fromWireTarget(redactTarget(target, secretNames));
  const question = redacted.indexOf('?');
  if (question < 0) return { path: redacted, query: undefined };
  const pairs = redacted.slice(question + 1).split('&');
  return {
    path: redacted.slice(0, question),
    query: pairs.map((pair) => redactPair(pair, safe)).join('&'),
  };
}

/** A parameter without `=` may itself be a secret. */
function redactPair(pair: string, safe: ReadonlySet<string>): string {
  if (pair === '') return pair;
  const equals = pair.indexOf('=');
  if (equals < 0) return 'REDACTED';
  const name = pair.slice(0, equals);
  // Some servers read the text after a `;` as another parameter.
  return safe.has(name) && !pair.includes(';') ? pair : `${name}=REDACTED`;
}
