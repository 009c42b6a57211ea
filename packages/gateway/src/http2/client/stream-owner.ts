import type { Deadlines } from '../../http1/message/deadlines.ts';
import type { Http2Limits } from './limits.ts';

/** The connection of a stream. */
export interface StreamOwner<Stream> {
  /** Whether the server has said that it did not act on a stream. */
  isUnprocessed(id: number | undefined): boolean;
  /** The server has sent a part of a response. */
  onActivity(): void;
  /** The server has sent no response, or no further part, within the time limit. */
  onSilence(): void;
  /** The stream no longer counts. */
  onClosed(stream: Stream): void;
}

/** Parts of a pool that its streams use. */
export interface StreamDeps<Stream> {
  readonly limits: Http2Limits;
  readonly deadlines: Deadlines;
  /** Sends a stream again that no server has seen. */
  resend(stream: Stream): void;
}
