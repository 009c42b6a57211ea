import { noTrailers } from '../../http1/message/response-writer.ts';
import { areTrailers } from '../message/fields.ts';
import { errorCodes } from '../frames/error-code.ts';
import { maxWindow } from '../frames/frame.ts';
import type { FrameReceiver, HeaderBlock } from '../frames/frame-reader.ts';
import { readHeaderTableSizes, readSettings, type Http2Settings } from '../frames/settings.ts';
import type { HpackDecoder } from '../hpack/decoder.ts';
import type { HpackEncoder } from '../hpack/encoder.ts';
import type { BlockedStreams } from './blocked-streams.ts';
import type { ReceiveWindow } from './receive-window.ts';
import type { Http2Stream, StreamConnection } from './stream.ts';
import type { StreamTable } from './stream-table.ts';

/** Called with what happens on a connection. */
export interface Http2EndpointListener {
  /** A request begins; its stream needs a listener. Of a server only. */
  onRequest(stream: Http2Stream, fields: readonly string[], endsStream: boolean): void;
  /** The other side's settings: those that it has named. */
  onSettings(settings: Http2Settings): void;
  /** A frame that serves no request: SETTINGS, PING, or DATA without data. */
  onControlFrame(): void;
  /** A stream was refused, because there are too many of them, or because of its frames. */
  onRejected(): void;
  /** A stream has ended. */
  onStreamClosed(): void;
  onGoaway(lastStreamId: number, code: number): void;
  /** The other side has answered a PING of this side. */
  onPong(): void;
  /**
   * Called last, once: the connection takes no frame any more, and its streams are closed. @param code for which this side has
   * ended it; undefined when the other side has closed it.
   */
  onClosed(code: number | undefined): void;
}

/** The connection on which frames arrive. */
export interface FrameConnection extends StreamConnection {
  readonly streams: StreamTable;
  readonly blocked: BlockedStreams;
  readonly window: ReceiveWindow;
  readonly decoder: HpackDecoder;
  readonly encoder: HpackEncoder;
  readonly listener: Http2EndpointListener;
  /** Streams that the other side may have open. */
  readonly maxStreams: number;
  readonly isClosing: boolean;
  maxFrameSize: number;
  /** A stream of the other side begins. */
  accept(streamId: number): Http2Stream;
  /** Changes the windows of all streams to which this side sends. @returns whether they are still valid. */
  resizeWindows(size: number): boolean;
  /** Closes the connection with an error. */
  fail(code: number): void;
}

/** Payload of the PING frames of this side. */
export const pingBytes = Buffer.from('grantgat', 'latin1');

/** Acts on the frames of the other side as RFC 9113 section 5 requires. A class, because each connection has one. */
export class ArrivingFrames implements FrameReceiver {
  readonly #connection: FrameConnection;
  /** The stream of the DATA frame that arrives. */
  #dataStream: Http2Stream | undefined = undefined;
  #frameBytes = 0;
  /** Streams of which something has arrived in the current read; a server does not need to know. */
  #touched: Http2Stream[] = [];

  constructor(connection: FrameConnection) {
    this.#connection = connection;
  }

  /** Everything that has been read is passed on. */
  flush(): void {
    if (this.#touched.length === 0) return;
    const touched = this.#touched;
    this.#touched = [];
    for (const stream of touched) if (!stream.isClosed) stream.listener.onFlush();
  }

  onDataFrame(streamId: number, length: number): void {
    const { streams, window } = this.#connection;
    const isAllowed = window.take(length);
    const stream = streams.get(streamId);
    this.#frameBytes = length;
    this.#dataStream = undefined;
    if (!isAllowed) this.onConnectionError(errorCodes.flowControlError);
    else if (stream === undefined) this.#onLateFrame(streamId);
    else if (stream.isRemoteEnded) stream.reset(errorCodes.streamClosed);
    else if (!stream.admits(length)) stream.reset(errorCodes.flowControlError);
    else this.#dataStream = stream;
  }

  onData(part: Buffer, lent: boolean): void {
    this.#frameBytes -= part.length;
    const stream = this.#dataStream;
    if (stream === undefined) this.#connection.consumed(part.length);
    else {
      stream.receive(part, lent);
      this.#touch(stream);
    }
  }

  onDataFrameEnd(endsStream: boolean): void {
    const stream = this.#dataStream;
    const padding = this.#frameBytes;
    this.#dataStream = undefined;
    if (stream === undefined || stream.isClosed) this.#connection.consumed(padding);
    else {
      if (padding > 0) stream.discard(padding);
      if (endsStream) stream.endRemote(noTrailers);
    }
  }

  onEmptyData(): void {
    this.#connection.listener.onControlFrame();
  }

  onHeaders(streamId: number, { bytes, start, end }: HeaderBlock, endsStream: boolean): void {
    const { streams, decoder, listener, endsBothSides: isServer } = this.#connection;
    const fields = decoder.decode(bytes, start, end);
    const stream = streams.get(streamId);
    if (fields === 'invalid') this.onConnectionError(errorCodes.compressionError);
    else if (stream === undefined) {
      if (isServer) this.#onRequest(streamId, fields, endsStream);
      else this.#onLateFrame(streamId);
    } else if (stream.isRemoteEnded) stream.reset(errorCodes.streamClosed);
    else if (fields === 'too_large') {
      stream.reset(errorCodes.enhanceYourCalm);
      listener.onRejected();
    } else if (!isServer && fields[0]?.startsWith(':') === true) {
      stream.listener.onFields(fields, endsStream);
      this.#touch(stream);
      if (endsStream && !stream.isClosed) stream.endRemote(noTrailers);
    } else if (endsStream && areTrailers(fields)) stream.endRemote(fields.length === 0 ? noTrailers : fields);
    else stream.reset(errorCodes.protocolError);
  }

  onPriority(): void {
    // Priorities are deprecated (RFC 9113 section 5.3.2).
  }

  onReset(streamId: number, code: number): void {
    const { streams } = this.#connection;
    const stream = streams.get(streamId);
    if (stream !== undefined) stream.close(code, 'peer');
    else if (streams.isIdle(streamId)) this.onConnectionError(errorCodes.protocolError);
  }

  onSettings(payload: Buffer): void {
    const connection = this.#connection;
    const settings = readSettings(payload);
    if (typeof settings === 'number') {
      this.onConnectionError(settings);
      return;
    }
    const { initialWindowSize, maxFrameSize } = settings;
    for (const size of readHeaderTableSizes(payload)) connection.encoder.allowTableSize(size);
    if (maxFrameSize !== undefined) connection.maxFrameSize = maxFrameSize;
    if (initialWindowSize !== undefined && !connection.resizeWindows(initialWindowSize)) {
      this.onConnectionError(errorCodes.flowControlError);
      return;
    }
    connection.writer.settingsAck();
    connection.listener.onControlFrame();
    connection.listener.onSettings(settings);
    connection.blocked.send(connection.writer);
  }

  onSettingsAck(): void {
    // Our settings never change, and those that limit the other side are enforced from the beginning.
  }

  onPing(opaque: Buffer, isAck: boolean): void {
    const { listener, writer } = this.#connection;
    if (!isAck) {
      writer.ping(opaque, true);
      listener.onControlFrame();
    } else if (opaque.equals(pingBytes)) listener.onPong();
  }

  onGoaway(lastStreamId: number, code: number): void {
    this.#connection.listener.onGoaway(lastStreamId, code);
  }

  onWindowUpdate(streamId: number, increment: number): void {
    const connection = this.#connection;
    const { streams, blocked, writer } = connection;
    if (streamId === 0) {
      connection.sendWindow += increment;
      if (increment === 0) this.onConnectionError(errorCodes.protocolError);
      else if (connection.sendWindow > maxWindow) this.onConnectionError(errorCodes.flowControlError);
      else blocked.send(writer);
      return;
    }
    const stream = streams.get(streamId);
    if (stream === undefined) {
      if (streams.isIdle(streamId)) this.onConnectionError(errorCodes.protocolError);
    } else if (increment === 0) stream.reset(errorCodes.protocolError);
    else if (!stream.widen(increment)) stream.reset(errorCodes.flowControlError);
    else if (blocked.has(stream)) blocked.send(writer);
  }

  onStreamError(streamId: number, code: number): void {
    const { streams, writer, listener } = this.#connection;
    const stream = streams.get(streamId);
    if (stream !== undefined) stream.reset(code);
    else writer.reset(streamId, code);
    listener.onRejected();
  }

  onConnectionError(code: number): void {
    this.#connection.fail(code);
  }

  #onRequest(streamId: number, fields: readonly string[] | 'too_large', endsStream: boolean): void {
    const connection = this.#connection;
    const { streams } = connection;
    if (streamId % 2 === 0 || streamId <= streams.lastPeerId) {
      this.#onRepeatedRequest(streamId);
      return;
    }
    // The client knows by GOAWAY that it was not served.
    if (connection.isClosing) return;
    streams.lastPeerId = streamId;
    if (fields === 'too_large') this.#reject(streamId, errorCodes.enhanceYourCalm);
    else if (streams.size >= connection.maxStreams) this.#reject(streamId, errorCodes.refusedStream);
    else {
      const stream = connection.accept(streamId);
      if (endsStream) stream.endRemote(noTrailers);
      connection.listener.onRequest(stream, fields, endsStream);
    }
  }

  /** A head for a stream that a client cannot open. One that was sent before this side's RST_STREAM arrived is ignored. */
  #onRepeatedRequest(streamId: number): void {
    const known = this.#connection.streams.findClosed(streamId);
    if (known !== 'reset')
      this.onConnectionError(known === 'ended' ? errorCodes.streamClosed : errorCodes.protocolError);
  }

  #reject(streamId: number, code: number): void {
    const { streams, writer, listener } = this.#connection;
    writer.reset(streamId, code);
    streams.close(streamId, true);
    listener.onRejected();
  }

  /** A frame for a stream that is not open. One that was sent before this side's RST_STREAM arrived is ignored. */
  #onLateFrame(streamId: number): void {
    const { streams } = this.#connection;
    if (streams.isIdle(streamId)) this.onConnectionError(errorCodes.protocolError);
    else if (streams.findClosed(streamId) === 'ended') this.onStreamError(streamId, errorCodes.streamClosed);
  }

  #touch(stream: Http2Stream): void {
    if (!this.#connection.endsBothSides && this.#touched.at(-1) !== stream) this.#touched.push(stream);
  }
}
