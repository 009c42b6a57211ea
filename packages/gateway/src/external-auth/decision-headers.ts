import { isOddlySpelled, normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { ExternalAuthConfig } from '../config/entry-point-config.ts';
import type { StepChanges } from '../middlewares/step-changes.ts';
import { appendSetHeaders, isReplaced, usernameOf } from '../middlewares/step-changes.ts';
import type { Pass } from '../middlewares/step.ts';

/** The headers that a proxy must set on the caller's request. */
export interface DecisionHeaders {
  /** Name and value in turn. */
  readonly pairs: readonly string[];
  /** Names of headers that the caller must not send itself, in lower case. */
  readonly names: ReadonlySet<string>;
  /** The same names, as `normalizeHeaderName` writes them. */
  readonly normalizedNames: ReadonlySet<string>;
  /** Whether one of them is itself written with another separator than `-`. */
  readonly isOdd: boolean;
}

/** Built once per token and middleware. */
export type ToDecisionHeaders = (changes: StepChanges) => DecisionHeaders;

/**
 * Includes every forwarded header, even empty ones: with some proxies, an absent header would leave the caller's own in place.
 *
 * @param ending headers of every response, name and value in turn.
 */
export function createDecisionHeaders(
  { credentialsHeader, usernameHeader }: Pick<ExternalAuthConfig, 'credentialsHeader' | 'usernameHeader'>,
  ending: readonly string[] = [],
): ToDecisionHeaders {
  const own = [credentialsHeader, usernameHeader].map(normalizeHeaderName);
  // A decision for a token lives as long as the token.
  const known = new WeakMap<Pass, DecisionHeaders>();
  const build = (changes: StepChanges): DecisionHeaders => {
    const headers: string[] = [];
    appendSetHeaders(headers, changes);
    emptyRemoved(headers, changes);
    const [credentials = '', username = ''] = own;
    // The credentials have been used: they are not forwarded, whatever their header.
    if (!isReplaced(changes, credentials)) headers.push(credentialsHeader, '');
    if (!isReplaced(changes, username))
      headers.push(usernameHeader, toHeaderValue(usernameOf(changes) ?? ''));
    const names = headers.filter((_text, at) => at % 2 === 0);
    return {
      pairs: [...headers, ...ending],
      names: new Set(names.map((name) => name.toLowerCase())),
      normalizedNames: new Set(names.map(normalizeHeaderName)),
      isOdd: names.some(isOddlySpelled),
    };
  };
  return (changes) => {
    const [only] = changes;
    if (only === undefined || changes.length > 1) return build(changes);
    let headers = known.get(only);
    if (headers === undefined) {
      headers = build(changes);
      known.set(only, headers);
    }
    return headers;
  };
}

/** A header that steps remove, such as one with a credential, gets an empty value, because the proxy still has the caller's own. */
function emptyRemoved(headers: string[], changes: StepChanges): void {
  const set = new Set(headers.filter((_text, at) => at % 2 === 0).map(normalizeHeaderName));
  for (const { removeHeaders } of changes)
    for (const name of removeHeaders) {
      if (set.has(name)) continue;
      set.add(name);
      headers.push(name, '');
    }
}

/** As UTF-8 in Node.js's form; a name that cannot be written in a header is omitted. */
const toHeaderValue = (text: string): string =>
  /[\u0000-\u001f\u007f]/.test(text) ? '' : Buffer.from(text).toString('latin1');

/**
 * Headers of the caller that a server could mistake for one that is set: `X_Group` or `X.Group` for `X-Group`. Never includes a
 * header that is set, because Envoy removes headers after it sets others.
 *
 * @param sent names as received.
 */
export function findImpostors(
  sent: Iterable<string>,
  { names, normalizedNames, isOdd }: DecisionHeaders,
): readonly string[] {
  let found: string[] | undefined;
  for (const name of sent) {
    if (!isOdd && !isOddlySpelled(name)) continue;
    if (!normalizedNames.has(normalizeHeaderName(name))) continue;
    const lower = name.toLowerCase();
    if (!names.has(lower)) (found ??= []).push(lower);
  }
  return found ?? none;
}

const none: readonly string[] = Object.freeze([]);
