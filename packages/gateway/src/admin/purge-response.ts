import type { IncomingRequest } from '../proxy/incoming-request.ts';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import type { AdminPage } from './page.ts';
import { hasOrigin } from './api/api-authorization.ts';
import { maxBodyBytes, readBody } from './read-body.ts';
import { readPurge } from './read-purge.ts';

interface PurgeResponse extends AdminPage {
  readonly status: number;
  /** Name and value in turn. */
  readonly headers?: readonly string[];
}

/**
 * Responds to `POST /api/tokens/purge`: 200 with the number of dropped tokens; 400 for a request that selects none; 403 for one
 * from a page in a browser; the status of `refused` for one without the required token; 404 for an unknown middleware; 405; 413;
 * and 503 when a worker does not reply in time.
 */
export async function respondToPurge(
  incoming: IncomingRequest,
  purge: (request: PurgeRequest) => Promise<PurgeResult>,
  refused?: { readonly status: number; readonly detail: string },
): Promise<PurgeResponse> {
  const { facts } = incoming;
  if (facts.method !== 'POST')
    return { ...toProblem(405, 'send POST to purge tokens'), headers: ['Allow', 'POST'] };
  // Browsers send the origin of a page with each POST, and can reach addresses of this machine that others cannot.
  if (hasOrigin(facts.rawHeaders)) return toProblem(403, 'requests from browser pages cannot purge tokens');
  if (refused !== undefined)
    return {
      ...toProblem(refused.status, refused.detail),
      headers: refused.status === 401 ? ['WWW-Authenticate', 'Bearer realm="grantgate"'] : [],
    };
  const text = await readBody(incoming);
  if (text === undefined) return toProblem(413, `the body is longer than ${maxBodyBytes} bytes`);
  const request = readPurge(facts.query, text);
  if ('problem' in request) return toProblem(400, request.problem);
  try {
    const purged = await purge(request);
    if (purged.middlewares === 0)
      return toProblem(404, 'unknown middleware: no oAuthClientCredentials middleware has that name');
    return { status: 200, type: 'application/json', text: JSON.stringify(purged) };
  } catch {
    return toProblem(503, 'a worker did not reply in time: send the request again');
  }
}

function toProblem(status: number, detail: string): PurgeResponse {
  return { status, type: 'application/problem+json', text: JSON.stringify({ status, detail }) };
}
