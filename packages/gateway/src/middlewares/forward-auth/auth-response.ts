import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { ResponseHead } from '../../http1/client/response-head.ts';
import { hopByHop, namedByConnection } from '../../http1/message/hop-by-hop.ts';
import { compileRegexp } from '../../routing/regexp/compile.ts';
import type { StepBudget } from '../../routing/regexp/work.ts';
import { valueIn, type HeaderList } from '../../http1/message/header-list.ts';
import { unchanged, type Pass, type Reply, type StepRequest } from '../step.ts';
import { toCanonicalName } from './request-headers.ts';
import type { ForwardAuthOptions } from './schema.ts';

/** A complete response of the authentication server. */
export interface AuthResponse {
  readonly head: Pick<ResponseHead, 'status' | 'headers' | 'connection'>;
  readonly body: Buffer;
}

/** Changes of a request by a response that allows it. */
export function compileCopy({
  authResponseHeaders,
  authResponseHeadersRegex,
  headerField,
}: ForwardAuthOptions): (request: StepRequest, response: AuthResponse) => Pass {
  const listed = new Map(authResponseHeaders.map((name) => [name.toLowerCase(), name]));
  const removed = new Set(authResponseHeaders.map(normalizeHeaderName));
  const fits = authResponseHeadersRegex === '' ? undefined : compileMatch(authResponseHeadersRegex);
  const user = headerField.toLowerCase();
  return (request, { head }) => {
    const setHeaders: string[] = [];
    let removeHeaders: Set<string> = removed;
    const work = { stepsLeft: maxSteps };
    if (fits !== undefined) {
      removeHeaders = new Set(removed);
      const before = request.headers();
      for (let at = 2; at < before.length; at += 2)
        // A name does not pass when the steps for matching are used up.
        if (fits(before[at] ?? '', work) || work.stepsLeft < 0)
          removeHeaders.add(normalizeHeaderName(before[at] ?? ''));
    }
    const { headers } = head;
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const name = headers[at] ?? '';
      const isCopied =
        listed.has(name) || (fits?.(name, work) === true && work.stepsLeft >= 0 && isOfRequests(name));
      if (!isCopied) continue;
      removeHeaders.add(normalizeHeaderName(name));
      setHeaders.push(listed.get(name) ?? toCanonicalName(name), headers[at + 1] ?? '');
    }
    const username = user === '' ? undefined : valueIn(headers, user);
    if (removeHeaders.size === 0 && username === undefined) return unchanged;
    const pass = { allowed: true, setHeaders, removeHeaders } as const;
    return username === undefined
      ? pass
      : { ...pass, subject: { clientId: username, username, expiresAt: undefined } };
  };
}

/** Names are matched in Go's spelling, and in any other spelling that a server may read as the same name. */
function compileMatch(source: string): (name: string, work: StepBudget) => boolean {
  const compiled = compileRegexp(source);
  if (!compiled.ok) return () => false;
  const matches = (name: string, work: StepBudget): boolean => compiled.test(toCanonicalName(name), work);
  return (name, work) => matches(name, work) || matches(normalizeHeaderName(name), work);
}

/** Steps of the regular expression for one request and its response. */
const maxSteps = 500_000;

/** Whether a header of a response is meaningful in a request, and frames neither. */
const isOfRequests = (name: string): boolean =>
  !hopByHop.has(name) && name !== 'content-length' && name !== 'set-cookie' && name !== 'host';

/** The response to the caller of a refused request. */
export function toReply(
  { head, body }: AuthResponse,
  { address, preserveLocationHeader, authSigninURL }: ForwardAuthOptions,
): Reply {
  if (head.status === 401 && authSigninURL !== '')
    return {
      allowed: false,
      response: {
        status: 302,
        headers: ['Location', authSigninURL, 'Content-Type', 'text/plain; charset=utf-8'],
        body: Buffer.from('Found'),
      },
    };
  const named = head.connection === undefined ? undefined : namedByConnection(head.connection);
  const headers: string[] = [];
  for (let at = 0; at + 1 < head.headers.length; at += 2) {
    const name = head.headers[at] ?? '';
    const value = head.headers[at + 1] ?? '';
    if (hopByHop.has(name) || name === 'content-length' || named?.has(name) === true) continue;
    const isResolved = name === 'location' && !preserveLocationHeader;
    headers.push(name, isResolved && URL.canParse(value, address) ? new URL(value, address).href : value);
  }
  return { allowed: false, response: { status: head.status, headers, body } };
}

/**
 * Headers of the service's response with the cookies of the authentication server for the caller; the service's cookies with
 * these names are dropped when the authentication server has sent any.
 *
 * @param cookies values of its `Set-Cookie`.
 */
export function addCookies(
  headers: HeaderList,
  cookies: readonly string[],
  names: ReadonlySet<string>,
): HeaderList {
  const result: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (name.toLowerCase() !== 'set-cookie' || !names.has(cookieName(value))) result.push(name, value);
  }
  for (const cookie of cookies) if (names.has(cookieName(cookie))) result.push('set-cookie', cookie);
  return result;
}

const cookieName = (setCookie: string): string => (/^[^=;]*/.exec(setCookie)?.[0] ?? '').trim();
