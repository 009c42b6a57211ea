import type { Fault } from '../http1/client/fault.ts';
import type { ResponseHandler } from '../http1/client/request.ts';
import type { ResponseHead } from '../http1/client/response-head.ts';

type Receiver = Pick<ResponseHandler, 'onHead' | 'onData' | 'onFlush' | 'onEnd' | 'onFault'>;

/** A response that waits until it is known whether the request is sent once more. One read of its body is kept at most. */
export interface HeldResponse extends Omit<Receiver, 'onHead'> {
  /** Whether all of it is here. */
  readonly complete: boolean;
  /** Passes everything received so far to the receiver. @returns false when the receiver takes no parts for now. */
  release(receiver: Receiver): boolean;
}

export function createHeldResponse(head: ResponseHead, repeats: boolean): HeldResponse {
  const parts: Buffer[] = [];
  let end: ((receiver: Receiver) => void) | undefined;
  return {
    get complete() {
      return end !== undefined;
    },
    onData: (part, lent) => void parts.push(lent ? Buffer.from(part) : part),
    onFlush: () => false,
    onEnd: (trailers: readonly string[]) => void (end = (receiver) => receiver.onEnd(trailers)),
    onFault: (fault: Fault) => void (end = (receiver) => receiver.onFault(fault)),
    release(receiver) {
      receiver.onHead(head, repeats);
      for (const part of parts) receiver.onData(part, false);
      if (end === undefined) return receiver.onFlush();
      end(receiver);
      return true;
    },
  };
}
