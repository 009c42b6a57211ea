import type { FrameWriter } from '../frames/frame-writer.ts';
import type { Http2Stream } from './stream.ts';

/** Streams with more to send than their windows, or that of the connection, or the system allow. */
export class BlockedStreams {
  readonly #streams = new Set<Http2Stream>();

  has(stream: Http2Stream): boolean {
    return this.#streams.has(stream);
  }

  add(stream: Http2Stream): void {
    this.#streams.add(stream);
  }

  remove(stream: Http2Stream): void {
    this.#streams.delete(stream);
  }

  /** Sends as much as possible, a frame of each stream in turn. */
  send(writer: FrameWriter): void {
    while (this.#streams.size > 0 && !writer.isBlocked) {
      let hasSent = false;
      for (const stream of [...this.#streams]) {
        const before = stream.queuedBytes;
        if (!stream.pump()) this.#streams.delete(stream);
        hasSent ||= stream.queuedBytes < before;
      }
      if (!hasSent) return;
    }
  }
}
