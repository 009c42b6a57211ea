import { noTrailers } from '../../http1/message/response-writer.ts';
import { errorCodes } from '../frames/error-code.ts';
import { maxWindow } from '../frames/frame.ts';
import type { FrameWriter, WriteListener } from '../frames/frame-writer.ts';
import type { HpackEncoder } from '../hpack/encoder.ts';
import { ReceiveWindow } from './receive-window.ts';
import { noListener, type Http2StreamListener, type StreamEnd } from './stream-listener.ts';

/** The connection of a stream, as the stream uses it. */
export interface StreamConnection {
  readonly writer: FrameWriter;
  readonly encoder: HpackEncoder;
  /** Largest payload that the other side accepts. */
  readonly maxFrameSize: number;
  /** Bytes that the other side takes on the connection, whatever the stream. */
  sendWindow: number;
  /** Whether the other side's part of a stream ends with ours, as a server's response ends its request. */
  readonly endsBothSides: boolean;
  /**
   * Whether unread bytes take up the window of their stream alone. Streams of several callers share the connection of a client, and
   * one who reads nothing must not stop the others.
   */
  readonly ignoresUnread: boolean;
  /** Bytes that have arrived were passed on or discarded. */
  consumed(bytes: number): void;
  /** The stream has more to send than it may at present. */
  onBlocked(stream: Http2Stream): void;
  /** @param isReset whether this side has reset it: frames for it may still arrive. */
  onStreamClosed(stream: Http2Stream, isReset: boolean): void;
}

/** One stream of a connection (RFC 9113 section 5). A class, because each request has one. */
export class Http2Stream implements WriteListener {
  readonly id: number;
  listener: Http2StreamListener = noListener;
  isClosed = false;
  /** Whether the other side has ended its part; its last bytes may not have been read. */
  isRemoteEnded = false;
  /** Code of RST_STREAM after this side's part; undefined: only if the other side has not ended its part. */
  resetsWith: number | undefined = undefined;
  /** Bytes that the other side takes. */
  sendWindow: number;
  /** Bytes that have been written, and wait. */
  queuedBytes = 0;
  readonly #connection: StreamConnection;
  readonly #window: ReceiveWindow;
  /** Bytes that the announced length of the body leaves. */
  #left = Infinity;
  #isReading = false;
  #arrived: Buffer[] = [];
  /** Set when the other side has ended its part, until that is passed on. */
  #received: readonly string[] | undefined = undefined;
  #queue: Buffer[] = [];
  /** Trailers, or `noTrailers`, when the end follows what is queued. */
  #ending: readonly string[] | undefined = undefined;
  #isLocalEnded = false;

  /** @param window bytes that the other side may send ahead. */
  constructor(id: number, connection: StreamConnection, sendWindow: number, window: number) {
    this.id = id;
    this.#connection = connection;
    this.sendWindow = sendWindow;
    this.#window = new ReceiveWindow(window);
  }

  /** The body has that many bytes: any other number is an error of the stream, also of the part that has arrived. */
  expect(bytes: number): void {
    this.#left = bytes - this.arrivedBytes;
    if (this.#left < 0 || (this.isRemoteEnded && this.#left > 0)) this.reset(errorCodes.protocolError);
  }

  /** The whole body, if all of it has arrived, without trailers, and nothing has been read. Takes it. */
  takeWhole(): Buffer | undefined {
    if (!this.isRemoteEnded || this.#received !== noTrailers || this.#isReading || this.isClosed)
      return undefined;
    const [only, ...others] = this.#arrived;
    const body = only === undefined ? nothing : others.length === 0 ? only : Buffer.concat(this.#arrived);
    this.#arrived = [];
    this.#received = undefined;
    this.#consume(body.length, this.#connection.ignoresUnread);
    return body;
  }

  /** Bytes that have arrived and have not been read. */
  get arrivedBytes(): number {
    let bytes = 0;
    for (const part of this.#arrived) bytes += part.length;
    return bytes;
  }

  /** Passes on what has arrived, and what will. */
  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    let passed = false;
    for (let part = this.#nextPart(); part !== undefined; part = this.#nextPart()) {
      passed = true;
      this.listener.onData(part, false);
      this.#consume(part.length, this.#connection.ignoresUnread);
    }
    this.#tellEnd();
    if (passed && !this.isClosed) this.listener.onFlush();
  }

  pause(): void {
    this.#isReading = false;
  }

  /** A DATA frame has arrived. @returns whether the window allows its length. */
  admits(length: number): boolean {
    return this.#window.take(length);
  }

  /** Data has arrived. */
  receive(part: Buffer, lent: boolean): void {
    this.#left -= part.length;
    if (this.#left < 0) this.reset(errorCodes.protocolError);
    if (this.isClosed) this.#connection.consumed(part.length);
    else if (this.#isReading && this.#arrived.length === 0) {
      this.listener.onData(part, lent);
      this.#consume(part.length);
    } else {
      this.#arrived.push(Buffer.from(part));
      if (this.#connection.ignoresUnread) this.#connection.consumed(part.length);
    }
  }

  /** Padding has arrived, which nobody reads. */
  discard(bytes: number): void {
    this.#consume(bytes);
  }

  /** The other side has ended its part. */
  endRemote(trailers: readonly string[]): void {
    if (this.#left > 0 && this.#left !== Infinity) {
      this.reset(errorCodes.protocolError);
      return;
    }
    this.isRemoteEnded = true;
    this.#received = trailers;
    this.#tellEnd();
  }

  /** Sends a head. @param fields name in lower case and value in turn. */
  sendFields(fields: readonly string[], endsStream: boolean): void {
    if (!this.isClosed && !this.#isLocalEnded)
      this.sendBlock(this.#connection.encoder.encode(fields), endsStream);
  }

  /** Sends a head. @param block its fields, which were encoded just now: blocks are decoded in the order in which they are sent. */
  sendBlock(block: Buffer, endsStream: boolean): void {
    if (this.isClosed || this.#isLocalEnded) return;
    const { writer, maxFrameSize } = this.#connection;
    writer.headers(this.id, block, endsStream, maxFrameSize);
    if (endsStream) this.#endLocal();
  }

  /** @param isOwn whether the bytes stay as they are. @returns false when the next part should wait for `onDrained`. */
  write(part: Buffer, isOwn: boolean): boolean {
    if (this.isClosed || this.#isLocalEnded || part.length === 0) return true;
    const sent = this.#queue.length === 0 ? this.#send(part, isOwn, false, Infinity) : 0;
    if (sent < part.length) this.#enqueue(part.subarray(sent), isOwn);
    return this.queuedBytes === 0;
  }

  /** Ends this side's part. @param trailers name in lower case and value in turn. */
  end(part: Buffer | undefined, isOwn: boolean, trailers: readonly string[]): void {
    if (this.isClosed || this.#isLocalEnded) return;
    const last = part ?? nothing;
    const endsHere = trailers.length === 0;
    const sent = this.#queue.length === 0 ? this.#send(last, isOwn, endsHere, Infinity) : 0;
    if (sent === last.length && this.#queue.length === 0) this.#sendEnd(trailers);
    else {
      if (sent < last.length) this.#enqueue(last.subarray(sent), isOwn);
      this.#ending = trailers;
    }
  }

  /** Sends one frame of what is queued, if possible. @returns whether more is queued. */
  pump(): boolean {
    const [first] = this.#queue;
    if (first === undefined || this.isClosed) return false;
    const endsHere = this.#queue.length === 1 && this.#ending?.length === 0;
    const sent = this.#send(first, true, endsHere, this.#connection.maxFrameSize);
    this.queuedBytes -= sent;
    if (sent < first.length) {
      if (sent > 0) this.#queue[0] = first.subarray(sent);
      return true;
    }
    this.#queue.shift();
    if (this.#queue.length > 0) return true;
    if (this.#ending !== undefined) this.#sendEnd(this.#ending);
    else this.listener.onDrained();
    // The listener may have written more.
    return this.queuedBytes > 0;
  }

  /** The other side takes that many more bytes, or fewer. @returns whether its window is still valid. */
  widen(bytes: number): boolean {
    this.sendWindow += bytes;
    return this.sendWindow <= maxWindow;
  }

  /** Ends the stream before it is complete. */
  reset(code: number): void {
    if (this.isClosed) return;
    this.#connection.writer.reset(this.id, code);
    this.close(code, 'self');
  }

  /** The stream has ended, whoever has ended it. */
  close(code: number | undefined, by: StreamEnd): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const unread = this.arrivedBytes;
    if (unread > 0 && !this.#connection.ignoresUnread) this.#connection.consumed(unread);
    this.#arrived = noParts;
    this.#queue = noParts;
    this.queuedBytes = 0;
    this.#connection.onStreamClosed(this, by === 'self');
    if (code === undefined) this.#connection.writer.onceWritten(this);
    else this.listener.onClosed(code, by);
  }

  onWritten(): void {
    this.listener.onClosed(undefined, 'both');
  }

  /** @param most bytes to send. @returns the number of bytes sent; an empty part that ends the stream is always sent. */
  #send(part: Buffer, isOwn: boolean, endsStream: boolean, most: number): number {
    const connection = this.#connection;
    const { writer, maxFrameSize } = connection;
    if (part.length === 0) {
      if (endsStream) writer.data(this.id, part, true, true);
      return 0;
    }
    let sent = 0;
    while (sent < part.length && sent < most && !writer.isBlocked) {
      const length = Math.min(part.length - sent, maxFrameSize, this.sendWindow, connection.sendWindow);
      if (length <= 0) break;
      const isLast = sent + length === part.length;
      this.sendWindow -= length;
      connection.sendWindow -= length;
      writer.data(
        this.id,
        length === part.length ? part : part.subarray(sent, sent + length),
        isOwn,
        endsStream && isLast,
      );
      sent += length;
    }
    return sent;
  }

  #enqueue(part: Buffer, isOwn: boolean): void {
    this.#queue.push(isOwn ? part : Buffer.from(part));
    this.queuedBytes += part.length;
    this.#connection.onBlocked(this);
  }

  /** Sends the trailers; without any, END_STREAM was sent with the data. */
  #sendEnd(trailers: readonly string[]): void {
    if (trailers.length > 0) this.sendFields(trailers, true);
    else this.#endLocal();
  }

  #endLocal(): void {
    const { endsBothSides, writer } = this.#connection;
    this.#isLocalEnded = true;
    const isReset = this.resetsWith !== undefined || (endsBothSides && !this.isRemoteEnded);
    // The rest of a request that has its response is of no use (RFC 9113 section 8.1).
    if (isReset) writer.reset(this.id, this.resetsWith ?? errorCodes.noError);
    // A client still reads what has arrived.
    if (isReset || (this.isRemoteEnded && (endsBothSides || this.#received === undefined)))
      this.close(undefined, isReset ? 'self' : 'both');
  }

  #nextPart(): Buffer | undefined {
    return this.#isReading && !this.isClosed ? this.#arrived.shift() : undefined;
  }

  #tellEnd(): void {
    const trailers = this.#received;
    if (trailers === undefined || !this.#isReading || this.#arrived.length > 0 || this.isClosed) return;
    this.#received = undefined;
    this.listener.onEnd(trailers);
    if (this.#isLocalEnded) this.close(undefined, 'both');
  }

  /** @param isCounted whether the connection has counted the bytes when they arrived. */
  #consume(bytes: number, isCounted = false): void {
    if (!isCounted) this.#connection.consumed(bytes);
    const increment = this.isClosed || this.isRemoteEnded ? 0 : this.#window.read(bytes);
    if (increment > 0) this.#connection.writer.windowUpdate(this.id, increment);
  }
}

const nothing = Buffer.alloc(0);
const noParts: Buffer[] = [];
