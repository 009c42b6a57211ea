import { STATUS_CODES } from 'node:http';
import type { Reply, StepRequest } from './step.ts';

/** Sends a caller elsewhere, as Traefik does. @param location absolute. @see RFC 9110 section 15.4 */
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
