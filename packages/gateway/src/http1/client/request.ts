import type { Socket } from 'node:net';
import type { ResponseFault } from './fault.ts';
import type { HeaderText } from '../message/header-text.ts';
import type { ResponseHead } from './response-head.ts';

/** A request to send. */
export interface OutgoingRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Name and value in turn, including Host, but without headers that frame the body or belong to the connection. */
  readonly headers: readonly string[] | HeaderText;
  /** Its bytes if the body is complete. */
  readonly body: RequestBody | Buffer | undefined;
  /** Protocol to request; undefined for none. */
  readonly upgrade: string | undefined;
  /** A body that is pushed waits for the server's `100 Continue`, but at most a second (RFC 9110 section 10.1.1). */
  readonly expectsContinue?: boolean;
}

/** A body that is streamed. */
export interface RequestBody {
  /** Bytes; undefined: sent in chunks. */
  readonly length: number | undefined;
  /** Called when a connection can accept parts; none may be sent before this returns. */
  start(sink: BodySink): void;
  /** The connection accepts parts again after `write` returned false. */
  resume(): void;
  /** No further part is wanted. */
  stop(): void;
}

export interface BodySink {
  /** @param part valid until this returns. @returns false to pause parts until `resume`. */
  write(part: Buffer): boolean;
  /** @param trailers name in lower case and value in turn; omitted where they cannot be sent. */
  end(trailers: readonly string[]): void;
}

/** Receives the outcome of a request, in this order; nothing is called after `onEnd`, `onUpgrade`, `onFault` or an abort. */
export interface ResponseHandler {
  /** A 1xx response other than 101. */
  onInterim(head: ResponseHead): void;
  /** @param repeats whether the same object was passed before, so that results derived from it are worth caching. */
  onHead(head: ResponseHead, repeats: boolean): void;
  /**
   * A part of the body.
   * @param lent the bytes are valid until `onFlush` or `onEnd` only; copy them to keep them longer.
   */
  onData(part: Buffer, lent: boolean): void;
  /** Everything received so far, at least the head, has been passed on. Return false to stop reading until `Call.resume`. */
  onFlush(): boolean;
  /** @param trailers name in lower case and value in turn. */
  onEnd(trailers: readonly string[]): void;
  /** 101: the connection now belongs to the handler, with the first bytes of the other protocol. */
  onUpgrade(head: ResponseHead, socket: Socket): void;
  /** No complete response. */
  onFault(fault: ResponseFault): void;
}

/** A request in flight. */
export interface RequestControl {
  /** The response is no longer needed: its connection is closed. No effect once it is complete. */
  abort(): void;
  /** The handler accepts parts of the body again. */
  resume(): void;
}
