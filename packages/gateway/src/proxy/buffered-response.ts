import type { ResponseFault } from '../http1/client/fault.ts';
import type { ResponseHandler } from '../http1/client/request.ts';
import type { ResponseHead } from '../http1/client/response-head.ts';

type Receiver = Pick<ResponseHandler, 'onHead' | 'onData' | 'onFlush' | 'onEnd' | 'onFault'>;

/** The parts of a response that arrive while its head waits. */
export type BodyReceiver = Omit<Receiver, 'onHead'>;

/**
 * Delays the head of a response until the first part of its body has arrived.
 *
 * @param release sends the head.
 * @param start the first part; undefined when there is none.
 * @returns the receiver of all further events.
 */
export function delayHead(release: (start: Buffer | undefined) => BodyReceiver): BodyReceiver {
  return {
    onData: (part, lent) => release(part).onData(part, lent),
    onFlush: () => true,
    onEnd: (trailers) => release(undefined).onEnd(trailers),
    onFault: (fault) => release(undefined).onFault(fault),
  };
}

/** A response that waits for the decision whether the request is repeated. At most one read of its body is buffered. */
export interface BufferedResponse extends BodyReceiver {
  /** Whether the whole response has arrived. */
  readonly complete: boolean;
  /** Passes everything received so far to the receiver. @returns false when the receiver takes no parts for now. */
  release(receiver: Receiver): boolean;
}

export function bufferResponse(head: ResponseHead, repeats: boolean): BufferedResponse {
  const parts: Buffer[] = [];
  let end: ((receiver: Receiver) => void) | undefined;
  return {
    get complete() {
      return end !== undefined;
    },
    onData: (part, lent) => void parts.push(lent ? Buffer.from(part) : part),
    onFlush: () => false,
    onEnd: (trailers: readonly string[]) => void (end = (receiver) => receiver.onEnd(trailers)),
    onFault: (fault: ResponseFault) => void (end = (receiver) => receiver.onFault(fault)),
    release(receiver) {
      receiver.onHead(head, repeats);
      for (const part of parts) receiver.onData(part, false);
      if (end === undefined) return receiver.onFlush();
      end(receiver);
      return true;
    },
  };
}
