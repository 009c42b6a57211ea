import { STATUS_CODES } from 'node:http';
import type { Reply, StepRequest } from './step.ts';

/** Redirects a caller as Traefik does. @param location absolute. @see RFC 9110 section 15.4 */
export function toRedirect({ facts }: StepRequest, location: string, permanent: boolean): Reply {
  const isGet = facts.method === 'GET';
  const status = permanent ? (isGet ? 301 : 308) : isGet ? 302 : 307;
  return {
    allowed: false,
    response: {
      status,
      headers: ['Location', location, 'Content-Type', 'text/plain; charset=utf-8'],
      body: Buffer.from(STATUS_CODES[status] ?? ''),
    },
  };
}

/** Scheme of the caller, or as reported by a trusted proxy. */
export function schemeOf(request: StepRequest): string {
  const said = request.header('x-forwarded-proto');
  // A proxy may name the scheme of a WebSocket; its handshake is HTTP.
  return said === 'ws' ? 'http' : said === 'wss' ? 'https' : (said ?? request.facts.scheme);
}
