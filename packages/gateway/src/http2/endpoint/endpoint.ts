import type { Socket } from 'node:net';
import { errorCodes } from '../frames/error-code.ts';
import { defaultMaxFrameSize, defaultWindow } from '../frames/frame.ts';
import { FrameReader } from '../frames/frame-reader.ts';
import { FrameWriter } from '../frames/frame-writer.ts';
import { toSettingsPayload, type Http2Settings } from '../frames/settings.ts';
import type { WriteBuffers } from '../frames/write-buffers.ts';
import { HpackDecoder, type FieldLimits } from '../hpack/decoder.ts';
import { defaultTableSize } from '../hpack/dynamic-table.ts';
import { HpackEncoder } from '../hpack/encoder.ts';
import {
  ArrivingFrames,
  pingBytes,
  type FrameConnection,
  type Http2EndpointListener,
} from './arriving-frames.ts';
import { BlockedStreams } from './blocked-streams.ts';
import { ReceiveWindow } from './receive-window.ts';
import { Http2Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';

export interface Http2EndpointOptions {
  readonly role: 'client' | 'server';
  /** Told to the other side. */
  readonly settings: Http2Settings;
  /** Bytes that the other side may send ahead on all streams together; at least 65,535. */
  readonly connectionWindow: number;
  /** Limits of a field section. */
  readonly limits: FieldLimits;
  /** Bytes of the table with which this side encodes fields, whatever the other side allows. */
  readonly maxEncoderTableSize: number;
  readonly buffers: WriteBuffers;
}

/** Bytes that may wait for a peer that does not read, before nothing is read from it either. */
const maxWaiting = 256 * 1024;

/** One side of a connection of HTTP/2 (RFC 9113). A class, because there are many connections. */
export class Http2Endpoint implements FrameConnection {
  readonly writer: FrameWriter;
  readonly endsBothSides: boolean;
  readonly ignoresUnread: boolean;
  readonly encoder: HpackEncoder;
  readonly decoder: HpackDecoder;
  readonly streams: StreamTable;
  readonly blocked = new BlockedStreams();
  readonly window: ReceiveWindow;
  readonly listener: Http2EndpointListener;
  readonly maxStreams: number;
  sendWindow = defaultWindow;
  maxFrameSize = defaultMaxFrameSize;
  readonly #socket: Socket;
  readonly #arriving: ArrivingFrames;
  readonly #reader: FrameReader;
  readonly #streamWindow: number;
  #initialSendWindow = defaultWindow;
  #isClosing = false;
  #isClosed = false;
  #isPaused = false;

  /** Begins the connection: sends the preface of a client, and the settings. */
  constructor(socket: Socket, options: Http2EndpointOptions, listener: Http2EndpointListener) {
    const { role, settings, limits, connectionWindow } = options;
    const isServer = role === 'server';
    this.#socket = socket;
    this.listener = listener;
    this.endsBothSides = isServer;
    this.ignoresUnread = !isServer;
    this.maxStreams = settings.maxConcurrentStreams ?? Infinity;
    this.writer = new FrameWriter(socket, options.buffers, () => this.#onFree());
    this.#arriving = new ArrivingFrames(this);
    this.#reader = new FrameReader(this.#arriving, limits.maxBytes, isServer);
    this.decoder = new HpackDecoder(settings.headerTableSize ?? defaultTableSize, limits);
    this.encoder = new HpackEncoder(options.maxEncoderTableSize);
    this.streams = new StreamTable(isServer);
    this.#streamWindow = settings.initialWindowSize ?? defaultWindow;
    this.window = new ReceiveWindow(connectionWindow);
    if (!isServer) this.writer.preface();
    this.writer.settings(toSettingsPayload(settings));
    if (connectionWindow > defaultWindow) this.writer.windowUpdate(0, connectionWindow - defaultWindow);
    socket.once('close', () => {
      this.#end(undefined);
      this.writer.abandon();
    });
  }

  /** Whether no further stream is accepted. */
  get isClosing(): boolean {
    return this.#isClosing || this.#isClosed;
  }

  /** Bytes have arrived. @param lent they are valid only until this returns. */
  read(bytes: Buffer, lent: boolean): void {
    this.#reader.read(bytes, lent);
    this.#arriving.flush();
    if (this.writer.isBlocked && this.writer.waiting > maxWaiting && !this.#isPaused) {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }

  /** Opens a stream of a client. @param fields of the head of its request, name in lower case and value in turn. */
  open(fields: readonly string[], endsStream: boolean): Http2Stream {
    const stream = this.#add(this.streams.takeId());
    stream.sendFields(fields, endsStream);
    return stream;
  }

  accept(streamId: number): Http2Stream {
    return this.#add(streamId);
  }

  ping(): void {
    if (!this.#isClosed) this.writer.ping(pingBytes, false);
  }

  /** Accepts no further stream, and closes the connection after those that are open. */
  close(): void {
    if (this.isClosing) return;
    this.#isClosing = true;
    this.writer.goaway(this.streams.lastPeerId, errorCodes.noError);
    this.#endIfDone();
  }

  fail(code: number): void {
    if (this.#isClosed) return;
    this.writer.goaway(this.streams.lastPeerId, code);
    this.#end(code);
    // A peer that reads nothing does not read that either.
    if (this.writer.isStalled) this.#socket.destroy();
    else this.writer.end();
  }

  consumed(bytes: number): void {
    const increment = this.window.read(bytes);
    if (increment > 0 && !this.#isClosed) this.writer.windowUpdate(0, increment);
  }

  onBlocked(stream: Http2Stream): void {
    this.blocked.add(stream);
  }

  onStreamClosed(stream: Http2Stream, isReset: boolean): void {
    this.streams.close(stream.id, isReset);
    this.blocked.remove(stream);
    this.listener.onStreamClosed();
    this.#endIfDone();
  }

  resizeWindows(size: number): boolean {
    const more = size - this.#initialSendWindow;
    this.#initialSendWindow = size;
    return this.streams.all().every((stream) => stream.widen(more));
  }

  #add(id: number): Http2Stream {
    const stream = new Http2Stream(id, this, this.#initialSendWindow, this.#streamWindow);
    this.streams.add(stream);
    return stream;
  }

  #onFree(): void {
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#socket.resume();
    }
    this.blocked.send(this.writer);
  }

  #endIfDone(): void {
    if (!this.#isClosing || this.streams.size > 0 || this.#isClosed) return;
    this.#end(errorCodes.noError);
    this.writer.end();
  }

  #end(code: number | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.stop();
    for (const stream of this.streams.all()) stream.close(code ?? errorCodes.cancel, 'connection');
    this.listener.onClosed(code);
  }
}
