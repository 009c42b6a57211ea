import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Call, OutgoingRequest, ResponseHandler } from '../http1/request.ts';
import type { Picked } from '../upstream/upstream.ts';
import { discardRest } from './discard-rest.ts';
import { upstreamFaults, type UpstreamFault } from './fault.ts';
import { createRequestBody } from './request-body.ts';
import type { UpstreamHead } from './request-headers.ts';
import { passInterim, toCallerHeaders, toCallerTrailers, toReason } from './response-headers.ts';
import { joinSockets } from './upgrade.ts';

/** One request on its way to a server. */
export interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly picked: Picked;
  /** Path and query. */
  readonly target: string;
  readonly head: UpstreamHead;
  /** Bytes; 0: no limit. */
  readonly maxBodyBytes: number;
  /** The caller waits for `100 Continue` before it sends its body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** The caller's connection when it asks for WebSocket; undefined otherwise. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  /** Told when the head of the answer is here, before it is passed on. */
  onHead(status: number): void;
  /** Told of each part of the answer's body. */
  onData(bytes: number): void;
  /** No answer came; nothing has been written to the caller. */
  onFault(fault: UpstreamFault): void;
}

/** Sends a request to the picked server and streams the answer back, neither of them held in memory. */
export function forward(job: Forwarding): void {
  const { picked, request, response, head } = job;
  let over = false;
  const finish = (): void => {
    over = true;
  };
  const body = head.hasBody
    ? createRequestBody(request, {
        length: head.bodyLength,
        maxBytes: job.maxBodyBytes,
        onWanted() {
          if (job.expectsContinue) response.writeContinue();
        },
        onTooLarge() {
          finish();
          call.abort();
          if (response.headersSent) cut(response);
          else job.onFault('request_too_large');
        },
      })
    : undefined;
  const outgoing: OutgoingRequest = {
    method: request.method ?? 'GET',
    target: picked.server.basePath + job.target,
    headers: head.headers,
    body,
    upgrade: job.upgrade === undefined ? undefined : 'websocket',
  };
  const call: Call = picked.server.connections.dispatch(
    outgoing,
    createHandler(job, finish, () => call),
  );
  response.on('close', () => {
    if (!over) call.abort();
  });
}

function createHandler(job: Forwarding, finish: () => void, call: () => Call): ResponseHandler {
  const { request, response, picked } = job;
  let answered = false;
  /** The last part of the body that has come, on which the end may follow. */
  let part: Buffer | undefined;
  let lent = false;
  let flushed = false;
  let full = false;
  const writePart = (): void => {
    if (part === undefined) return;
    flushed = true;
    if (!response.write(lent ? Buffer.from(part) : part)) full = true;
    part = undefined;
  };
  return {
    onInterim: (head) => passInterim(response, head),
    onHead(head) {
      if (response.headersSent) {
        // Refused meanwhile: its body did not arrive in time, or not as a body does.
        call().abort();
        return;
      }
      answered = true;
      job.onHead(head.status);
      response.writeHead(head.status, toReason(head.reason), toCallerHeaders(head, picked.setCookie));
    },
    onData(data, isLent) {
      job.onData(data.length);
      writePart();
      part = data;
      lent = isLent;
    },
    onFlush() {
      writePart();
      // Event streams and other slow bodies: the head must not wait for the first byte. `flushHeaders` would write it as
      // UTF-8 and so change the bytes of its values.
      if (!flushed) response.write('', 'latin1');
      flushed = true;
      if (!full) return true;
      full = false;
      response.once('drain', () => call().resume());
      return false;
    },
    onEnd(trailers) {
      finish();
      if (trailers.length > 0) response.addTrailers(toCallerTrailers(trailers));
      discardRest(request);
      if (part === undefined) response.end();
      else if (part.length <= smallBytes) endSmall(response, part);
      else response.end(lent ? Buffer.from(part) : part);
    },
    onUpgrade(head, socket) {
      finish();
      if (job.upgrade === undefined || response.destroyed) {
        socket.destroy();
        return;
      }
      job.onHead(head.status);
      joinSockets(job.upgrade, socket, toCallerHeaders(head, picked.setCookie), (bytes) => job.onData(bytes));
    },
    onFault({ code }) {
      finish();
      if (answered) cut(response);
      else job.onFault(upstreamFaults[code]);
    },
  };
}

/** Bytes of a body up to which it is copied into the text of the head. */
const smallBytes = 4096;

/** As text, a small answer goes out together with its head in one write. */
function endSmall(response: ServerResponse, part: Buffer): void {
  const text = part.toString('latin1');
  const { socket } = response;
  // The mark of the last chunk has to follow.
  if (socket === null || response.chunkedEncoding) {
    response.end(text, 'latin1');
    return;
  }
  // `end` with a text would add an empty part of its own, and two parts cost more to write than one. While the connection
  // holds back what it is given, `write` sets nothing up to let it go later.
  socket.cork();
  response.write(text, 'latin1');
  socket.uncork();
  response.end();
}

/** Ends an answer that is not complete so that the caller can tell. */
function cut(response: ServerResponse): void {
  const { socket } = response;
  // Without chunks or a length, an orderly end of the connection would be the end of the body (RFC 9112 section 6.3).
  if (socket !== null && !('encrypted' in socket) && !response.chunkedEncoding) socket.resetAndDestroy();
  else response.destroy();
}
