import type { CallerBody } from '../http1/message/caller-body.ts';
import { noTrailers } from '../http1/message/response-writer.ts';

/** A body that has been read completely, or up to the buffer limit. */
export interface BufferedBody {
  /** The complete body; undefined when it exceeds the limit: then `body` streams the buffered and the remaining parts. */
  readonly whole: Buffer | undefined;
  /** Replaces the body that was read. */
  readonly body: CallerBody;
}

/** Reads a body until its end, or until it exceeds the limit. Never resolves when the caller disconnects before. */
export function bufferBody(body: CallerBody, maxBytes: number): Promise<BufferedBody> {
  const whole = body.announcedBytes > maxBytes ? undefined : body.whole();
  if (whole !== undefined) return Promise.resolve({ whole, body: createWholeBody(whole, noTrailers) });
  if (body.announcedBytes > maxBytes) return Promise.resolve({ whole: undefined, body });
  return new Promise((resolve) => {
    let parts: Buffer[] = [];
    let bytes = 0;
    let ended: readonly string[] | undefined;
    let onPart = (part: Buffer): void => {
      // The bytes of a part belong to the connection, which overwrites them with the next read.
      parts.push(Buffer.from(part));
      bytes += part.length;
      if (bytes <= maxBytes) return;
      body.pause();
      resolve({ whole: undefined, body: rest });
    };
    let onEnd = (trailers: readonly string[]): void => {
      ended = trailers;
      if (bytes > maxBytes) return;
      const all = Buffer.concat(parts);
      resolve({ whole: all, body: createWholeBody(all, trailers) });
    };
    const rest: CallerBody = {
      announcedBytes: body.announcedBytes,
      get takenBytes() {
        return body.takenBytes;
      },
      whole: () => undefined,
      read(takePart, takeEnd) {
        process.nextTick(() => {
          const before = parts;
          parts = [];
          onPart = takePart;
          onEnd = takeEnd;
          for (const part of before) takePart(part);
          if (ended !== undefined) takeEnd(ended);
          else body.resume();
        });
      },
      pause: () => body.pause(),
      resume: () => body.resume(),
      stop() {
        parts = [];
        onPart = () => {};
        onEnd = () => {};
        body.stop();
      },
    };
    body.read(
      (part) => onPart(part),
      (trailers) => onEnd(trailers),
    );
  });
}

/** A body that can be sent again: `whole` returns it each time, without its trailers. */
const createWholeBody = (whole: Buffer, trailers: readonly string[]): CallerBody => ({
  announcedBytes: whole.length,
  takenBytes: whole.length,
  whole: () => whole,
  read(onPart, onEnd) {
    process.nextTick(() => {
      onPart(whole);
      onEnd(trailers);
    });
  },
  pause() {},
  resume() {},
  stop() {},
});
