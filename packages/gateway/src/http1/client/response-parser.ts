import { createChunkedBody } from '../message/chunked-body.ts';
import { createHeadReader } from './head-reader.ts';
import type { ResponseExpectation, ResponseHead } from './response-head.ts';

/** Events of a parser, in the order of the bytes. */
export interface ResponseEvents {
  /** A 1xx response other than 101. */
  onInterim(head: ResponseHead): void;
  /** @param repeats whether the same object was passed before. */
  onHead(head: ResponseHead, repeats: boolean): void;
  /** A view of the part that is being read. */
  onData(data: Buffer): void;
  /** Bytes follow a complete response, on a connection that would have been reused. */
  onUnsolicited(): void;
  /** @param reusable whether another request may be sent: not after unsolicited bytes. */
  onEnd(trailers: readonly string[], reusable: boolean): void;
  /** 101: from here on, the bytes belong to another protocol; `rest` are the first of them. */
  onUpgrade(head: ResponseHead, rest: Buffer): void;
}

/** Reads the responses on one connection, one request at a time, from parts of any size. */
export interface ResponseParser {
  /** A request has been sent. */
  expect(asked: ResponseExpectation): void;
  /** @returns the reason for refusing the bytes; undefined when they are valid. */
  feed(part: Buffer): string | undefined;
  /**
   * The server sends no more bytes.
   * @returns the reason if that is too early; otherwise undefined.
   */
  finish(): string | undefined;
  /** Discards the rest; no further event follows. */
  stop(): void;
}

/** @param maxHeadBytes bytes of a head, and of a trailer section. */
export function createResponseParser(maxHeadBytes: number, events: ResponseEvents): ResponseParser {
  let state: 'idle' | 'head' | 'length' | 'chunked' | 'close' | 'stopped' = 'idle';
  let keepAlive = false;
  let left = 0;
  const heads = createHeadReader(maxHeadBytes);
  const chunked = createChunkedBody(maxHeadBytes, (data) => {
    events.onData(data);
    return state === 'chunked';
  });

  const complete = (trailers: readonly string[], extra: boolean): void => {
    state = 'idle';
    if (keepAlive && extra) events.onUnsolicited();
    events.onEnd(trailers, keepAlive && !extra);
  };
  /** Handles a head, which ends at that position. */
  const begin = (head: ResponseHead, part: Buffer, at: number): void => {
    if (head.status === 101) {
      state = 'stopped';
      events.onUpgrade(head, part.subarray(at));
      return;
    }
    if (head.status < 200) {
      events.onInterim(head);
      return;
    }
    ({ keepAlive, length: left } = head);
    state = head.framing === 'none' || (head.framing === 'length' && left === 0) ? 'idle' : head.framing;
    if (state === 'chunked') chunked.begin();
    const over = state === 'idle';
    events.onHead(head, heads.repeats);
    if (over) complete(noTrailers, at < part.length);
  };
  return {
    expect(request) {
      heads.expect(request);
      state = 'head';
    },
    feed(part) {
      let at = 0;
      if (state === 'idle') {
        events.onUnsolicited();
        return 'bytes that do not belong to a response';
      }
      while (at < part.length) {
        if (state === 'head') {
          const head = heads.read(part, at);
          if (head === undefined) return heads.wrong;
          at = heads.position;
          begin(head, part, at);
        } else if (state === 'chunked') {
          at = chunked.read(part, at);
          if (chunked.wrong !== undefined) return chunked.wrong;
          if (chunked.complete) complete(chunked.trailers, at < part.length);
        } else if (state === 'length') {
          const end = Math.min(part.length, at + left);
          left -= end - at;
          const data = part.subarray(at, end);
          at = end;
          const last = left === 0;
          events.onData(data);
          if (last) complete(noTrailers, at < part.length);
        } else if (state === 'close') {
          events.onData(part.subarray(at));
          return undefined;
        } else return undefined;
      }
      return undefined;
    },
    finish() {
      if (state === 'close') complete(noTrailers, true);
      else if (state !== 'idle' && state !== 'stopped')
        return 'the connection closed before the end of the response';
      return undefined;
    },
    stop() {
      state = 'stopped';
    },
  };
}

const noTrailers: readonly string[] = [];
