import type { Allow } from '@grantgate/middleware/decision/decision';
import { normalizeHeaderName } from '@grantgate/middleware/decision/header-name';
import type { CheckConfig } from '../config/install.ts';
import { usernameOf } from '../pipeline/pass-guards.ts';
import { appendDecided, isReplaced } from '../proxy/decided-headers.ts';

/** The headers that a proxy is to set on the caller's request, name and value in turn; made once for each token and middleware. */
export type AnswerHeaders = (allows: readonly Allow[]) => readonly string[];

/**
 * Every forwarded header is there, empty ones too: proxies differ on whether an absent one leaves the caller's own in place.
 *
 * @param ending headers of every answer, name and value in turn.
 */
export function createAnswerHeaders(
  { credentialsHeader, usernameHeader }: Pick<CheckConfig, 'credentialsHeader' | 'usernameHeader'>,
  ending: readonly string[] = [],
): AnswerHeaders {
  const own = [credentialsHeader, usernameHeader].map(normalizeHeaderName);
  // An Allow lives as long as its token does.
  const known = new WeakMap<Allow, readonly string[]>();
  const build = (allows: readonly Allow[]): readonly string[] => {
    const headers: string[] = [];
    appendDecided(headers, allows);
    const [credentials = '', username = ''] = own;
    // The credentials have been used: they go no further, whatever header they came in.
    if (!isReplaced(allows, credentials)) headers.push(credentialsHeader, '');
    if (!isReplaced(allows, username)) headers.push(usernameHeader, toHeaderValue(usernameOf(allows) ?? ''));
    return [...headers, ...ending];
  };
  return (allows) => {
    const [only] = allows;
    if (only === undefined || allows.length > 1) return build(allows);
    let headers = known.get(only);
    if (headers === undefined) {
      headers = build(allows);
      known.set(only, headers);
    }
    return headers;
  };
}

/** As UTF-8 in Node.js's form; what cannot stand in a header names nobody. */
const toHeaderValue = (text: string): string =>
  /[\u0000-\u001f\u007f]/.test(text) ? '' : Buffer.from(text).toString('latin1');

/**
 * Headers of the caller that a server could read as one that the decision sets: `X_Group` for `X-Group`. Never lists what is
 * set, since Envoy removes after it has set.
 *
 * @param names as received.
 */
export function findImpostors(names: Iterable<string>, allows: readonly Allow[]): readonly string[] {
  let found: string[] | undefined;
  for (const name of names) {
    if (!name.includes('_') && !isSpelledWithUnderscore(allows, name)) continue;
    const lower = name.toLowerCase();
    if (isReplaced(allows, normalizeHeaderName(name)) && !isSet(allows, lower)) (found ??= []).push(lower);
  }
  return found ?? none;
}

const none: readonly string[] = Object.freeze([]);

/** A forwarded header that is itself written with `_`: then the caller's with `-` is the impostor. */
function isSpelledWithUnderscore(allows: readonly Allow[], name: string): boolean {
  for (const { setHeaders } of allows)
    for (let at = 0; at < setHeaders.length; at += 2) {
      const set = setHeaders[at] ?? '';
      if (set.length === name.length && set.includes('_')) return true;
    }
  return false;
}

function isSet(allows: readonly Allow[], lower: string): boolean {
  for (const { setHeaders } of allows)
    for (let at = 0; at < setHeaders.length; at += 2)
      if (setHeaders[at]?.length === lower.length && setHeaders[at]?.toLowerCase() === lower) return true;
  return false;
}
