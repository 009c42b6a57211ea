import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from '../../middlewares/refusal.ts';
import type { PendingRequest } from '../../pipeline/refusals.ts';

/** Requests in flight on connections that Node.js parses, so that a later error on such a connection can refuse them. */
export interface NodeRequests {
  begin(response: ServerResponse): void;
  /** Sets the request to refuse when the rest of it is malformed or late. */
  setRefusable(response: ServerResponse, refusable: PendingRequest): void;
  /** The response in flight on a connection; undefined for none. */
  find(socket: Duplex): ServerResponse | undefined;
  refuse(response: ServerResponse, refusal: Refusal): void;
  /** Whether a request on that connection already has its response while it is still being sent. */
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
