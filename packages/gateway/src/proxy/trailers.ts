import { isOddlySpelled, normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import { noTrailers } from '../http1/message/response-writer.ts';
import { isReplaced, type StepChanges } from '../middlewares/step-changes.ts';
import { isForwardedHeader } from '../routing/own-forwarded.ts';
import { classifyHeader } from './header-class.ts';

/**
 * Trailers of a request that a server may see. If a server merges trailers into the headers, it must not read another length,
 * route, credential or decision from them than from the head (RFC 9110 section 6.5.1).
 *
 * @param trailers name and value in turn.
 * @param changes headers that steps have set or removed, which a trailer must not forge.
 * @returns names in lower case.
 */
export function toServerTrailers(trailers: readonly string[], changes: StepChanges): readonly string[] {
  return filter(trailers, (name) => !isReplaced(changes, name));
}

/** Trailers of a response without those that change how a message is read. @returns names in lower case. */
export const toCallerTrailers = (trailers: readonly string[]): readonly string[] =>
  filter(trailers, () => true);

function filter(trailers: readonly string[], accepts: (name: string) => boolean): readonly string[] {
  if (trailers.length === 0) return noTrailers;
  const result: string[] = [];
  for (let at = 0; at + 1 < trailers.length; at += 2) {
    const name = trailers[at] ?? '';
    if (isTrailer(name) && accepts(normalizeHeaderName(name)))
      result.push(name.toLowerCase(), trailers[at + 1] ?? '');
  }
  return result;
}

/** The value of a `Trailer` header without names of trailers that are dropped; undefined when none is left. */
export function toAnnouncement(value: string, changes: StepChanges): string | undefined {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && isTrailer(name) && !isReplaced(changes, normalizeHeaderName(name)));
  return names.length === 0 ? undefined : names.join(', ');
}

/** Whether a header is irrelevant to a message's framing, routing, authentication and caching, in any spelling. */
function isTrailer(name: string): boolean {
  const normalized = normalizeHeaderName(name);
  if (neverTrailers.has(normalized) || isForwardedHeader(normalized)) return false;
  if (/^(?:if|content|proxy|sec|access-control)-/.test(normalized))
    return integrity.has(normalized) && !isOddlySpelled(name);
  const { kind } = classifyHeader(name);
  return kind !== 'framing' && kind !== 'dropped';
}

/** These are trailers although their names begin like framing headers (RFC 9530). */
const integrity: ReadonlySet<string> = new Set(['content-digest']);

const neverTrailers: ReadonlySet<string> = new Set([
  ...['accept', 'accept-encoding', 'age', 'allow', 'authorization', 'cache-control', 'client-cert'],
  ...['cookie', 'date', 'expect', 'expires', 'host', 'location', 'max-forwards', 'origin', 'pragma'],
  ...['range', 'retry-after', 'set-cookie', 'traceparent', 'tracestate', 'vary', 'via', 'warning'],
  ...['www-authenticate', 'x-http-method-override', 'x-original-url', 'x-rewrite-url'],
]);
