import type { WholeResponse } from '../../pipeline/write-refusal.ts';

/** The response to `OPTIONS *`, a request about the server as a whole (RFC 9110 section 9.3.7), not about a route. */
export const aboutServer: WholeResponse = Object.freeze({
  head: { status: 200, reason: 'OK', headers: ['Content-Length', '0'], dated: true, reused: true },
  body: Buffer.alloc(0),
});
