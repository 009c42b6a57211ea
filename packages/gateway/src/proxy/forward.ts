import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Picked } from '../upstream/upstream.ts';
import { createBodyLimit } from './body-limit.ts';
import { toFault, type UpstreamFault } from './fault.ts';
import type { UpstreamHead } from './request-headers.ts';
import { toCallerHeaders } from './response-headers.ts';
import { joinSockets } from './upgrade.ts';

/** One request on its way to a server. */
export interface Forwarding {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly picked: Picked;
  /** Path and query, as received. */
  readonly target: string;
  readonly head: UpstreamHead;
  /** Bytes; 0: no limit. */
  readonly maxBodyBytes: number;
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
  const { picked, request } = job;
  const options: Dispatcher.DispatchOptions = {
    path: picked.server.basePath + job.target,
    method: request.method ?? 'GET',
    headers: job.head.headers,
    body: job.upgrade === undefined && job.head.hasBody ? toBody(request, job.maxBodyBytes) : null,
    ...(job.upgrade !== undefined && { upgrade: 'websocket' }),
  };
  picked.server.dispatcher.dispatch(options, createHandler(job));
}

function toBody(request: IncomingMessage, maxBytes: number): Readable {
  if (maxBytes === 0) return request;
  const limit = createBodyLimit(maxBytes);
  request.once('error', (error) => limit.destroy(error));
  return request.pipe(limit);
}

function createHandler(job: Forwarding): Dispatcher.DispatchHandler {
  const { response, picked } = job;
  let started = false;
  let gone = false;
  let stop: ((reason: Error) => void) | undefined;
  response.once('close', () => {
    gone = true;
    // The caller hung up, or has its answer and this does nothing.
    if (!response.writableFinished) stop?.(new Error('the caller went away'));
  });
  return {
    onRequestStart(controller) {
      started = true;
      stop = (reason) => controller.abort(reason);
      if (gone) stop(new Error('the caller went away'));
    },
    onRequestUpgrade(_controller, status, headers, socket) {
      job.onHead(status);
      if (job.upgrade === undefined) socket.destroy();
      else
        joinSockets(job.upgrade, socket, toCallerHeaders(headers, picked.setCookie), (bytes) =>
          job.onData(bytes),
        );
    },
    onResponseStart(controller, status, headers, statusMessage) {
      // 1xx answers are for this hop (RFC 9110 section 15.2).
      if (status < 200) return;
      job.onHead(status);
      response.writeHead(status, statusMessage ?? '', toCallerHeaders(headers, picked.setCookie));
      // Event streams and other slow bodies: the head must not wait for the first byte.
      response.flushHeaders();
      response.on('drain', () => controller.resume());
    },
    onResponseData(controller, chunk) {
      job.onData(chunk.length);
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError(_controller, error) {
      if (response.headersSent) response.destroy();
      else if (!gone) job.onFault(toFault(error, started));
    },
  };
}
