import { isOddlySpelled, normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { ExternalAuthConfig } from '../config/install.ts';
import type { StepChanges } from '../middlewares/step-changes.ts';
import { appendSetHeaders, isReplaced, usernameOf } from '../middlewares/step-changes.ts';
import type { Pass } from '../middlewares/step.ts';

/** The headers that a proxy is to set on the caller's request. */
export interface DecisionHeaders {
  /** Name and value in turn. */
  readonly pairs: readonly string[];
  /** Names of those that the caller must not send itself, in lower case. */
  readonly names: ReadonlySet<string>;
  /** The same as `normalizeHeaderName` writes them. */
  readonly normalizedNames: ReadonlySet<string>;
  /** Whether one of them is itself written with another sign than `-`. */
  readonly isOdd: boolean;
}

/** Made once for each token and middleware. */
export type ToDecisionHeaders = (changes: StepChanges) => DecisionHeaders;

/**
 * Every forwarded header is there, empty ones too: proxies differ on whether an absent one leaves the caller's own in place.
 *
 * @param ending headers of every response, name and value in turn.
 */
export function createDecisionHeaders(
  { credentialsHeader, usernameHeader }: Pick<ExternalAuthConfig, 'credentialsHeader' | 'usernameHeader'>,
  ending: readonly string[] = [],
): ToDecisionHeaders {
  const own = [credentialsHeader, usernameHeader].map(normalizeHeaderName);
  // A decision that a token has earned lives as long as the token does.
  const known = new WeakMap<Pass, DecisionHeaders>();
  const build = (changes: StepChanges): DecisionHeaders => {
    const headers: string[] = [];
    appendSetHeaders(headers, changes);
    emptyRemoved(headers, changes);
    const [credentials = '', username = ''] = own;
    // The credentials have been used: they go no further, whatever header they came in.
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

/** A header that steps remove, such as one with a credential, is there with an empty value: the proxy has the caller's own. */
function emptyRemoved(headers: string[], changes: StepChanges): void {
  const set = new Set(headers.filter((_text, at) => at % 2 === 0).map(normalizeHeaderName));
  for (const { removeHeaders } of changes)
    for (const name of removeHeaders) {
      if (set.has(name)) continue;
      set.add(name);
      headers.push(name, '');
    }
}

/** As UTF-8 in Node.js's form; what cannot stand in a header names nobody. */
const toHeaderValue = (text: string): string =>
  /[\u0000-\u001f\u007f]/.test(text) ? '' : Buffer.from(text).toString('latin1');

/**
 * Headers of the caller that a server could read as one that is set: `X_Group` or `X.Group` for `X-Group`. Never lists what
 * is set, since Envoy removes after it has set.
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
