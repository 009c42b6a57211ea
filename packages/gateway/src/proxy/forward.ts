import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Picked } from '../upstream/upstream.ts';
import { discardRest } from './discard-rest.ts';
import { toFault, type UpstreamFault } from './fault.ts';
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
  const { picked, request, response } = job;
  const options: Dispatcher.DispatchOptions = {
    path: picked.server.basePath + job.target,
    method: request.method ?? 'GET',
    headers: job.head.headers,
    body: job.head.hasBody
      ? createRequestBody(request, job.maxBodyBytes, () => {
          if (job.expectsContinue) response.writeContinue();
        })
      : null,
    ...(job.upgrade !== undefined && { upgrade: 'websocket' }),
  };
  picked.server.dispatcher.dispatch(options, createHandler(job));
}

function createHandler(job: Forwarding): Dispatcher.DispatchHandler {
  const { request, response, picked } = job;
  let started = false;
  let gone = false;
  let ended = false;
  let status = 0;
  let stop: ((reason: Error) => void) | undefined;
  response.once('close', () => {
    gone = true;
    if (!ended) stop?.(new Error('the caller went away'));
  });
  return {
    onRequestStart(controller) {
      started = true;
      stop = (reason) => controller.abort(reason);
      if (gone) stop(new Error('the caller went away'));
    },
    onRequestUpgrade(_controller, status, headers, socket) {
      ended = true;
      if (job.upgrade === undefined || gone) {
        socket.destroy();
        return;
      }
      job.onHead(status);
      joinSockets(job.upgrade, socket, toCallerHeaders(headers, picked.setCookie), (bytes) =>
        job.onData(bytes),
      );
    },
    onResponseStart(controller, answered, headers, statusMessage) {
      if (response.headersSent) {
        // Refused meanwhile: its body did not arrive in time, or not as a body does.
        controller.abort(new Error('the request has been refused'));
        return;
      }
      if (!isPlain(headers['transfer-encoding'])) {
        controller.abort(new Error('the answer has a transfer coding that would be lost'));
        return;
      }
      if (answered < 200) {
        passInterim(response, answered, headers);
        return;
      }
      status = answered;
      job.onHead(status);
      response.writeHead(status, toReason(statusMessage), toCallerHeaders(headers, picked.setCookie));
      // Event streams and other slow bodies: the head must not wait for the first byte. `flushHeaders` would write it as
      // UTF-8 and so change the bytes of its values.
      response.write('', 'latin1');
      response.on('drain', () => controller.resume());
    },
    onResponseData(controller, chunk) {
      job.onData(chunk.length);
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd(_controller, trailers) {
      ended = true;
      response.addTrailers(toCallerTrailers(trailers));
      discardRest(request);
      response.end();
    },
    onResponseError(_controller, error) {
      ended = true;
      if (status === 304 && isLengthMismatch(error)) response.end();
      else if (status > 0 && response.headersSent) cut(response);
      else if (!gone) job.onFault(toFault(error, started));
    },
  };
}

/** `chunked` is undone here and done anew; any coding below it would end here too, and its body be taken for the answer's. */
function isPlain(transferEncoding: string | string[] | undefined): boolean {
  if (transferEncoding === undefined) return true;
  return typeof transferEncoding === 'string' && transferEncoding.trim().toLowerCase() === 'chunked';
}

/** undici misses the body that a `304` never has, whatever its Content-Length says (RFC 9110 section 8.6). */
function isLengthMismatch(error: Error): boolean {
  return 'code' in error && error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
}

/** Ends an answer that is not complete so that the caller can tell. */
function cut(response: ServerResponse): void {
  const { socket } = response;
  // Without chunks or a length, an orderly end of the connection would be the end of the body (RFC 9112 section 6.3).
  if (socket !== null && !('encrypted' in socket) && !response.chunkedEncoding) socket.resetAndDestroy();
  else response.destroy();
}
