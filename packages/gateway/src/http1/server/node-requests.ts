import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PendingRequest, Refusal } from '../../pipeline/refusals.ts';

/** Requests under way on connections that Node.js reads, for when one of these connections turns out to be faulty. */
export interface NodeRequests {
  begin(response: ServerResponse): void;
  /** What is refused when the request of a response under way turns out to be faulty. */
  setRefusable(response: ServerResponse, refusable: PendingRequest): void;
  /** The response under way on a connection; undefined for none. */
  find(socket: Duplex): ServerResponse | undefined;
  refuse(response: ServerResponse, refusal: Refusal): void;
  /** Whether a request on that connection has its response and is still being sent. */
  isLate(socket: Duplex): boolean;
}

export function createNodeRequests(): NodeRequests {
  const responses = new Map<ServerResponse, PendingRequest | undefined>();
  const late = new Set<IncomingMessage>();
  return {
    begin(response) {
      responses.set(response, undefined);
      response.on('close', () => {
        responses.delete(response);
        const { req: request } = response;
        if (request.complete || request.destroyed) return;
        late.add(request);
        request.once('close', () => late.delete(request));
      });
    },
    setRefusable(response, refusable) {
      if (responses.has(response)) responses.set(response, refusable);
    },
    refuse(response, refusal) {
      responses.get(response)?.refuse(refusal);
    },
    find(socket) {
      for (const response of responses.keys()) if (response.socket === socket) return response;
      return undefined;
    },
    isLate(socket) {
      for (const request of late) if (request.socket === socket) return true;
      return false;
    },
  };
}
