import type { Socket } from 'node:net';
import type { ResponseFault } from './fault.ts';
import type { HeaderText } from '../message/header-text.ts';
import type { ResponseHead } from './response-head.ts';

/** A request as it goes out. */
export interface OutgoingRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Name and value in turn, Host among them, without those that frame the body or belong to the connection. */
  readonly headers: readonly string[] | HeaderText;
  /** As bytes when it is here as a whole. */
  readonly body: RequestBody | Buffer | undefined;
  /** Protocol to ask for; undefined for none. */
  readonly upgrade: string | undefined;
  /** A body that is pushed waits for the server's `100 Continue`, or for a second (RFC 9110 section 10.1.1). */
  readonly expectsContinue?: boolean;
}

/** A body that is pushed as it comes. */
export interface RequestBody {
  /** Bytes; undefined: sent in chunks. */
  readonly length: number | undefined;
  /** Told when a connection is there to take it: parts come from now on, none of them before this returns. */
  start(sink: BodySink): void;
  /** The connection takes parts again after `write` has given false. */
  resume(): void;
  /** No part is wanted any more. */
  stop(): void;
}

export interface BodySink {
  /** Gives false when no part is to come before `resume`. */
  write(part: Buffer): boolean;
  end(): void;
}

/** Told what becomes of a request, in this order; nothing after `onEnd`, `onUpgrade`, `onFault` or an abort. */
export interface ResponseHandler {
  /** A 1xx response other than 101. */
  onInterim(head: ResponseHead): void;
  /** @param repeats whether this very object has been given before, so that what is made of it is worth keeping. */
  onHead(head: ResponseHead, repeats: boolean): void;
  /**
   * A part of the body.
   *
   * @param lent the bytes are the handler's until `onFlush` or `onEnd` only; what it keeps longer it has to copy.
   */
  onData(part: Buffer, lent: boolean): void;
  /**
   * Everything received so far, at least the head, has been passed on. Returns false when nothing more must be read before
   * `Call.resume`.
   */
  onFlush(): boolean;
  /** @param trailers name in lower case and value in turn. */
  onEnd(trailers: readonly string[]): void;
  /** 101: the connection is the handler’s now, with the first bytes of the other protocol. */
  onUpgrade(head: ResponseHead, socket: Socket): void;
  /** No complete response. */
  onFault(fault: ResponseFault): void;
}

/** A request under way. */
export interface RequestControl {
  /** Nobody waits for the response any more: its connection is closed. Changes nothing once it is complete. */
  abort(): void;
  /** The handler takes parts of the body again. */
  resume(): void;
}
