import type { Allow } from '@grantgate/middleware/decision/decision';
import type { RequestFacts } from '../routing/facts.ts';
import type { Picked } from '../upstream/upstream.ts';
import { appendDecided, isReplaced } from './decided-headers.ts';
import { appendForwarded } from './forwarded.ts';
import { classifyHeader } from './header-class.ts';
import { namedByConnection } from './hop-by-hop.ts';

export interface UpstreamHead {
  /** Name and value in turn, without those that frame the body. */
  readonly headers: string[];
  /** Whether a body follows the request's head (RFC 9112 section 6.3). */
  readonly hasBody: boolean;
  /** Bytes of the body as announced; undefined when it comes in chunks. */
  readonly bodyLength: number | undefined;
}

/**
 * The head that an upstream gets: the caller's headers without those of the connection, without what the decisions
 * replace, and without claims about the caller that only a trusted proxy may make; then ours.
 */
export function toUpstreamHead(
  facts: RequestFacts,
  allows: readonly Allow[],
  picked: Picked,
  requestId: string,
): UpstreamHead {
  const raw = facts.rawHeaders;
  const named = connectionOptions(raw);
  const passHost = picked.passHostHeader && facts.authority !== '';
  const headers: string[] = ['Host', passHost ? facts.authority : picked.server.authority];
  const said = new Map<string, string>();
  let hasBody = false;
  let bodyLength: number | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const written = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    const { kind, name } = classifyHeader(written);
    if (kind === 'framing') {
      // `Content_Length` says nothing about this message, and must not seem to where `_` is read as `-`.
      if (written.includes('_')) continue;
      if (name === 'transfer-encoding' || value !== '0') hasBody = true;
      if (name === 'content-length') bodyLength = Number(value);
      continue;
    }
    if (kind === 'dropped') continue;
    // A caller must not cut essential ones out of its own request by naming them in `Connection`.
    if (kind === 'ordinary' && named?.has(written.toLowerCase()) === true) continue;
    if (isReplaced(allows, name)) continue;
    if (kind === 'forwarded') {
      // A trusted proxy's words count in their proper spelling only.
      if (!facts.trusted || written.includes('_')) continue;
      const before = said.get(name);
      said.set(name, before === undefined ? value : `${before}, ${value}`);
      if (name === 'x-forwarded-for') continue;
    }
    headers.push(written, value);
  }
  const isTaken = (name: string): boolean => isReplaced(allows, name);
  appendForwarded(headers, facts, said, isTaken);
  if (!isTaken('x-request-id')) headers.push('X-Request-Id', requestId);
  appendDecided(headers, allows);
  return { headers, hasBody, bodyLength };
}

function connectionOptions(raw: readonly string[]): ReadonlySet<string> | undefined {
  let values: string | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at];
    if (name?.length === 10 && name.toLowerCase() === 'connection')
      values = values === undefined ? raw[at + 1] : `${values},${raw[at + 1] ?? ''}`;
  }
  return values === undefined ? undefined : namedByConnection(values);
}
