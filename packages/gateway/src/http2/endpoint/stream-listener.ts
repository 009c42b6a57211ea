/** Who has ended a stream: both sides in order, one side by a reset, or the connection by its own end. */
export type StreamEnd = 'both' | 'self' | 'peer' | 'connection';

/** Called with what happens on a stream; nothing after `onClosed`. Fields are name and value in turn, as Latin-1. */
export interface Http2StreamListener {
  /** The head of a response, which may be an interim one. */
  onFields(fields: readonly string[], endsStream: boolean): void;
  /** @param lent the bytes are valid until `onFlush` or `onEnd` only. */
  onData(part: Buffer, lent: boolean): void;
  /** All that has arrived so far has been passed on. */
  onFlush(): void;
  /** @param trailers `noTrailers` when there are none. */
  onEnd(trailers: readonly string[]): void;
  /** Everything written has been sent. */
  onDrained(): void;
  /** @param code why it was reset, or its connection closed; undefined when both sides have ended it and the last frame is written. */
  onClosed(code: number | undefined, by: StreamEnd): void;
}

/** The listener of a stream before it gets its own. */
export const noListener: Http2StreamListener = Object.freeze({
  onFields() {},
  onData() {},
  onFlush() {},
  onEnd() {},
  onDrained() {},
  onClosed() {},
});
