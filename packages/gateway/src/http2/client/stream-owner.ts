import type { ResponseHead } from '../../http1/client/response-head.ts';
import type { Deadlines } from '../../http1/message/deadlines.ts';
import type { Http2Stream } from '../endpoint/stream.ts';
import type { Http2Limits } from './limits.ts';

/** The connection of a stream. */
export interface StreamOwner<Stream> {
  /** Opens a stream. @param fields of the head of its request. */
  open(fields: readonly string[], endsStream: boolean): Http2Stream;
  /** Whether the last head that was read is the very object of the one before. */
  readonly repeatsHead: boolean;
  /** Reads the head of a response, or gives the reason for refusing it. */
  readHead(fields: readonly string[], method: string): ResponseHead | string;
  /** The server has sent a part of a response. */
  onActivity(): void;
  /** The server has sent no response, or no further part, within the time limit. */
  onSilence(): void;
  /** The stream no longer counts. */
  onStreamEnd(stream: Stream): void;
}

/** Parts of a pool that its streams use. */
export interface StreamDeps<Stream> {
  readonly limits: Http2Limits;
  readonly deadlines: Deadlines;
  /** Sends a stream again that no server has seen. */
  resend(stream: Stream): void;
}
