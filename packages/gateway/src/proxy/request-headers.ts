import { isOddlySpelled } from '@grantgate/middleware/base/header-name';
import { readDecimal } from '../http1/message/decimal.ts';
import { toHeaderText, type HeaderText } from '../http1/message/header-text.ts';
import type { StepChanges } from '../middlewares/step-changes.ts';
import { appendSetHeaders, haveSameHeaders, hostOf, isReplaced } from '../middlewares/step-changes.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Destination } from '../upstream/upstream.ts';
import { appendForwarded } from './forwarded.ts';
import { classifyHeader } from './header-class.ts';
import { toAnnouncement } from './trailers.ts';
import { optionsOfConnection } from '../http1/message/hop-by-hop.ts';

export interface UpstreamHead {
  /** Without those that frame the body; undefined when they cannot be written. */
  readonly headers: HeaderText | undefined;
  /** Whether a body follows the request's head (RFC 9112 section 6.3). */
  readonly hasBody: boolean;
  /** Announced bytes of the body; undefined when it is sent in chunks. */
  readonly bodyLength: number | undefined;
}

/** The headers of a request to a server. */
export type ToUpstreamHead = (
  facts: RequestFacts,
  changes: StepChanges,
  destination: Destination,
  own: RequestIdentity,
) => UpstreamHead;

/** Facts about this one request for the server. */
export interface RequestIdentity {
  readonly requestId: string;
  /** Its trace as header lines, each with its line break; undefined for none. */
  readonly trace: { readonly headerLines: string } | undefined;
}

/** Cached result for repeated headers with the same changes. */
interface HeadCacheEntry {
  readonly changes: StepChanges;
  readonly host: string;
  readonly head: CommonHead;
}

/** Parts that are equal for every request. */
interface CommonHead extends UpstreamHead {
  readonly takesRequestId: boolean;
}

/** @param writesTrace whether this hop sets `traceparent` and `tracestate`; otherwise those of the caller are forwarded. */
export function createUpstreamHeads({ writesTrace = false } = {}): ToUpstreamHead {
  const dropped = writesTrace ? traceHeaders : undefined;
  const kept = new WeakMap<readonly string[], HeadCacheEntry>();
  const toCommon = (facts: RequestFacts, changes: StepChanges, host: string): CommonHead => {
    if (!facts.reusesHeaders) return toCommonHead(facts, changes, host, dropped);
    const before = kept.get(facts.rawHeaders);
    if (before !== undefined && before.host === host && haveSameHeaders(before.changes, changes))
      return before.head;
    const head = toCommonHead(facts, changes, host, dropped);
    kept.set(facts.rawHeaders, { changes, host, head });
    return head;
  };
  return (facts, changes, destination, { requestId, trace }) => {
    const asked = hostOf(changes) ?? facts.authority;
    const host = destination.passHostHeader && asked !== '' ? asked : destination.server.authority;
    const head = toCommon(facts, changes, host);
    if (head.headers === undefined || (!head.takesRequestId && trace === undefined)) return head;
    const idLine = head.takesRequestId ? `X-Request-Id: ${requestId}\r\n` : '';
    return {
      headers: { lines: `${trace?.headerLines ?? ''}${idLine}${head.headers.lines}`, shared: head.headers },
      hasBody: head.hasBody,
      bodyLength: head.bodyLength,
    };
  };
}

/** The headers that a server would receive, name and value in turn, without those that frame the body. */
export function listHeaders(facts: RequestFacts, passes: StepChanges): readonly string[] {
  const headers = ['Host', hostOf(passes) ?? facts.authority];
  appendHeaders(headers, facts, passes);
  return headers;
}

/** W3C Trace Context; `baggage` is forwarded. */
const traceHeaders: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

function toCommonHead(
  facts: RequestFacts,
  passes: StepChanges,
  host: string,
  dropped: ReadonlySet<string> | undefined,
): CommonHead {
  // First, because a server that reads a limited number of header lines must read these.
  const headers = ['Host', host];
  const bodyLength = appendHeaders(headers, facts, passes, dropped);
  return {
    headers: toHeaderText(headers),
    hasBody: bodyLength !== noBody,
    bodyLength: bodyLength === noBody ? undefined : bodyLength,
    takesRequestId: !isReplaced(passes, 'x-request-id'),
  };
}

const noBody = -1;

/**
 * The head that an upstream receives: first the headers of this hop; then the caller's headers, except those of the connection,
 * those that steps replace, and claims about the caller that only a trusted proxy may make.
 *
 * @returns the announced bytes of the body; undefined when it is sent in chunks; `noBody` without one.
 */
function appendHeaders(
  headers: string[],
  facts: RequestFacts,
  changes: StepChanges,
  dropped?: ReadonlySet<string>,
): number | undefined {
  const raw = facts.rawHeaders;
  const named = optionsOfConnection(raw);
  const isTaken = (name: string): boolean => isReplaced(changes, name);
  appendSetHeaders(headers, changes);
  const trusted = facts.trusted ? readTrusted(raw, isTaken) : nothingTrusted;
  appendForwarded(headers, facts, trusted.said, isTaken);
  headers.push(...trusted.lines);
  let hasBody = false;
  let bodyLength: number | undefined;
  let announced: string | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const written = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    const { kind, name } = classifyHeader(written);
    if (kind === 'framing') {
      // `Content_Length` does not frame this message, but would seem to where `_` is read as `-`.
      if (isOddlySpelled(written)) continue;
      if (name === 'transfer-encoding' || value !== '0') hasBody = true;
      // An entry point accepts only a plain number up to 2^53 - 1.
      if (name === 'content-length') bodyLength = readDecimal(value);
      continue;
    }
    if (name === 'te' && takesTrailers.test(value)) headers.push('TE', 'trailers');
    if (name === 'trailer' && !isReplaced(changes, name))
      announced = announced === undefined ? value : `${announced},${value}`;
    if (kind === 'dropped' || kind === 'forwarded') continue;
    // A caller must not remove essential headers from its own request by naming them in `Connection`.
    if (kind === 'ordinary' && named?.has(written.toLowerCase()) === true) continue;
    if (isReplaced(changes, name) || dropped?.has(name) === true) continue;
    headers.push(written, value);
  }
  if (facts.streamsBody === true && bodyLength === undefined) hasBody = true;
  if (announced !== undefined && hasBody && bodyLength === undefined) {
    const trailers = toAnnouncement(announced, changes);
    if (trailers !== undefined) headers.push('Trailer', trailers);
  }
  return hasBody ? bodyLength : noBody;
}

/** The only transfer coding of `TE` that concerns the server: trailers are forwarded (RFC 9110 section 10.1.4). */
const takesTrailers = /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i;

/** Values of a trusted proxy about the caller. */
interface TrustedHeaders {
  /** By normalised name, in order; an empty value means nothing. */
  readonly said: ReadonlyMap<string, readonly string[]>;
  /** Name and value in turn, without headers that this hop writes itself. */
  readonly lines: readonly string[];
}

const nothingTrusted: TrustedHeaders = Object.freeze({ said: new Map(), lines: [] });

function readTrusted(raw: readonly string[], isTaken: (name: string) => boolean): TrustedHeaders {
  const said = new Map<string, string[]>();
  const lines: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const written = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    const { kind, name } = classifyHeader(written);
    // Headers of a trusted proxy count only in their standard spelling.
    if (kind !== 'forwarded' || value === '' || isTaken(name) || isOddlySpelled(written)) continue;
    const values = said.get(name);
    if (values === undefined) said.set(name, [value]);
    else values.push(value);
    if (name !== 'x-forwarded-for' && name !== 'x-forwarded-server') lines.push(written, value);
  }
  return { said, lines };
}
