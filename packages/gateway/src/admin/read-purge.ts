import type { PurgeRequest } from '../snapshot/token-purge.ts';

/** A purge as `POST /api/tokens/purge` describes it, or the error in it. */
export type PurgeReading = PurgeRequest | { readonly problem: string };

const expected = 'expected "middleware", "clientID", or both, or "all": true';

/**
 * Reads the members of a purge from a query and a JSON body, in any letter case; the body takes precedence. Dropping everything requires
 * `all`, so that a misspelt name cannot cause it.
 *
 * @param body empty: none.
 */
export function readPurge(query: string, body: string): PurgeReading {
  const parsed = body.trim() === '' ? {} : parseJson(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { problem: `the body is not a JSON object: ${expected}` };
  const given: [string, unknown][] = [...new URLSearchParams(query), ...Object.entries(parsed)];
  const members = new Map<string, unknown>();
  for (const [name, value] of given) {
    const known = name.toLowerCase();
    if (!['middleware', 'clientid', 'all'].includes(known))
      return { problem: `unknown member ${JSON.stringify(name.slice(0, 50))}: ${expected}` };
    members.set(known, value);
  }
  const middleware = members.get('middleware');
  const clientId = members.get('clientid');
  const all = members.get('all');
  for (const [name, value] of [
    ['middleware', middleware],
    ['clientID', clientId],
  ] as const)
    // prettier-ignore
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      return { problem: `${name}: expected a non-empty string` };
  if (all !== undefined && all !== true && all !== 'true') return { problem: 'all: expected true' };
  const named = middleware !== undefined || clientId !== undefined;
  if (named === (all !== undefined)) return { problem: expected };
  return { middleware: middleware as string | undefined, clientId: clientId as string | undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
