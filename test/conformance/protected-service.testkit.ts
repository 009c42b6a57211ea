import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SeenRequest } from './integration.ts';
import type { SentResponse } from './send-request.testkit.ts';

export interface ProtectedService {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The service behind an integration, on a free port of 127.0.0.1: responds with 200 and the request that it received, which
 * `toSeen` reads.
 */
export async function startProtectedService(): Promise<ProtectedService> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, rawHeaders } = request;
      const seen: SeenRequest = { method, rawHeaders, body };
      response.setHeader('content-type', seenType);
      response.end(JSON.stringify(seen));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Marks a response as one of the protected side. */
export const seenType = 'application/vnd.seen+json';

/** The request that the protected service received; undefined when the response is from another party. */
export function toSeen({ headers, body }: SentResponse): SeenRequest | undefined {
  return headers['content-type']?.startsWith(seenType) === true
    ? (JSON.parse(body) as SeenRequest)
    : undefined;
}
