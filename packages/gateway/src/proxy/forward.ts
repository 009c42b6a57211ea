import type { Duplex } from 'node:stream';
import type { Call, OutgoingRequest, ResponseHandler } from '../http1/request.ts';
import type { Picked } from '../upstream/upstream.ts';
import type { Answer } from './answer.ts';
import type { CallerBody } from './caller-body.ts';
import { upstreamFaults, type UpstreamFault } from './fault.ts';
import { createRequestBody } from './request-body.ts';
import type { UpstreamHead } from './request-headers.ts';
import { toCallerHeaders, type ToAnswerHead } from './response-headers.ts';
import { joinSockets } from './upgrade.ts';

/** One request on its way to a server. */
export interface Forwarding {
  readonly method: string;
  readonly body: CallerBody;
  readonly answer: Answer;
  readonly picked: Picked;
  /** Path and query. */
  readonly target: string;
  readonly head: UpstreamHead;
  readonly toAnswerHead: ToAnswerHead;
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
  const { picked, answer, head } = job;
  const { headers } = head;
  if (headers === undefined) {
    job.onFault('request_invalid');
    return;
  }
  let over = false;
  const finish = (): void => {
    over = true;
  };
  const body = head.hasBody
    ? createRequestBody(job.body, {
        length: head.bodyLength,
        maxBytes: job.maxBodyBytes,
        onWanted() {
          if (job.expectsContinue) answer.continue();
        },
        onTooLarge() {
          finish();
          call.abort();
          if (answer.begun) answer.cut();
          else job.onFault('request_too_large');
        },
      })
    : undefined;
  const outgoing: OutgoingRequest = {
    method: job.method,
    target: picked.server.basePath + job.target,
    headers,
    body,
    upgrade: job.upgrade === undefined ? undefined : 'websocket',
  };
  const call: Call = picked.server.connections.dispatch(
    outgoing,
    createHandler(job, finish, () => call),
  );
  answer.onClose(() => {
    if (!over) call.abort();
  });
}

function createHandler(job: Forwarding, finish: () => void, call: () => Call): ResponseHandler {
  const { answer, picked, toAnswerHead } = job;
  let answered = false;
  /** The last part of the body that has come, on which the end may follow. */
  let part: Buffer | undefined;
  let lent = false;
  let flushed = false;
  let full = false;
  const writePart = (): void => {
    if (part === undefined) return;
    flushed = true;
    if (!answer.write(part, lent)) full = true;
    part = undefined;
  };
  return {
    onInterim: (head) => answer.interim(head),
    onHead(head, repeats) {
      if (answer.begun) {
        // Refused meanwhile: its body did not arrive in time, or not as a body does.
        call().abort();
        return;
      }
      answered = true;
      job.onHead(head.status);
      answer.begin(toAnswerHead(head, repeats, picked.setCookie));
    },
    onData(data, isLent) {
      job.onData(data.length);
      writePart();
      part = data;
      lent = isLent;
    },
    onFlush() {
      writePart();
      // Event streams and other slow bodies: the head must not wait for the first byte.
      if (!flushed) answer.flush();
      flushed = true;
      if (!full) return true;
      full = false;
      answer.onceDrained(() => call().resume());
      return false;
    },
    onEnd(trailers) {
      finish();
      answer.end(part, lent, trailers);
    },
    onUpgrade(head, socket) {
      finish();
      if (job.upgrade === undefined || answer.over) {
        socket.destroy();
        return;
      }
      job.onHead(head.status);
      joinSockets(job.upgrade, socket, toCallerHeaders(head, picked.setCookie), (bytes) => job.onData(bytes));
    },
    onFault({ code }) {
      finish();
      if (answered) answer.cut();
      else job.onFault(upstreamFaults[code]);
    },
  };
}
