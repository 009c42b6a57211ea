import type { Socket } from 'node:net';
import { toHeaderText } from '../message/header-text.ts';
import { writeChunk } from '../message/write-chunk.ts';
import type { ResponseFault } from './fault.ts';
import type { ActiveRequest } from './active-request.ts';
import type { BodySink } from './request.ts';

/** The connection for a request's body. */
export interface BodyOwner {
  /** Whether the request still belongs to the connection. */
  serves(job: ActiveRequest): boolean;
  /** From now on, the connection waits for the server. */
  onWaiting(job: ActiveRequest): void;
  fail(fault: ResponseFault): void;
}

/**
 * Writes the body of a request: exactly the announced number of bytes, or chunks.
 * @param length bytes; undefined: sent in chunks.
 */
export function createBodySink(
  job: ActiveRequest,
  length: number | undefined,
  socket: Socket,
  owner: BodyOwner,
): BodySink {
  let left = length ?? Infinity;
  return {
    write(part) {
      if (!owner.serves(job) || part.length === 0) return owner.serves(job);
      left -= part.length;
      if (left < 0) {
        owner.fail(mismatch);
        return false;
      }
      const taken = length === undefined ? writeChunk(socket, part) : socket.write(part);
      if (!taken) owner.onWaiting(job);
      return taken;
    },
    end(trailers) {
      if (!owner.serves(job)) return;
      if (length !== undefined && left > 0) {
        owner.fail(mismatch);
        return;
      }
      if (length === undefined) {
        // Trailers of an HTTP/2 caller were validated by rules that differ from those of a header line.
        const text = toHeaderText(trailers);
        if (text === undefined) {
          owner.fail(unwritable);
          return;
        }
        socket.write(`0\r\n${text.lines}\r\n`, 'latin1');
      }
      job.bodySent = true;
      owner.onWaiting(job);
    },
  };
}

const unwritable: ResponseFault = Object.freeze({
  code: 'request_invalid',
  reason: 'trailers that cannot be written',
});

const mismatch: ResponseFault = Object.freeze({
  code: 'request_invalid',
  reason: 'a body that is longer or shorter than announced',
});
