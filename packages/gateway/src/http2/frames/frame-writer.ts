import type { Socket } from 'node:net';
import { pendingBytes, writeBytes } from '../../http1/message/write-text.ts';
import { frameFlags, frameHeadBytes, frameTypes, preface } from './frame.ts';
import type { WriteBuffers } from './write-buffers.ts';

/** Parts of that size are written as they are; shorter ones are copied next to their frames, so that one write takes all. */
const largePart = 4096;
/** Bytes that are written without waiting for the end of the turn. */
const maxWaiting = 256 * 1024;
/** Bytes that may wait while Node.js encrypts those before: it never reports at once that a write is complete. */
const maxEncrypting = 64 * 1024;

/** Waits until what was written before is with the system. */
export interface WriteListener {
  /** Called once, also when the connection is closed before. */
  onWritten(): void;
}

/**
 * Writes the frames of a connection. Those of one turn of the event loop are written together, and only when the system has taken
 * those before. A class, because each connection has one.
 */
export class FrameWriter {
  /** Number of writes that had to wait, and were completed. */
  writes = 0;
  readonly #socket: Socket;
  readonly #buffers: WriteBuffers;
  readonly #onFree: () => void;
  /** Complete parts of what waits, then a part of `#buffer`. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #buffer: Buffer | undefined = undefined;
  #from = 0;
  #to = 0;
  /** Buffers that hold what waits, apart from the current one. */
  #filled: Buffer[] = [];
  #listeners: WriteListener[] = [];
  /** The listeners of the write in flight. */
  #writtenListeners: readonly WriteListener[] = [];
  #isScheduled = false;
  #isWriting = false;
  #isEnding = false;
  readonly #mayWait: number;

  /** @param onFree called when the system has taken everything, after `isBlocked` was true. */
  constructor(socket: Socket, buffers: WriteBuffers, onFree: () => void) {
    this.#socket = socket;
    this.#buffers = buffers;
    this.#onFree = onFree;
    this.#mayWait = 'encrypted' in socket ? maxEncrypting : 0;
  }

  /** Whether the system has not taken all of the latest write: bodies should wait. */
  get isBlocked(): boolean {
    return this.#isWriting && this.waiting >= this.#mayWait;
  }

  /** Whether the other side leaves bytes unread. */
  get isStalled(): boolean {
    return this.#isWriting && pendingBytes(this.#socket) > 0;
  }

  /** @param block an encoded field section. @param maxFrameSize what the other side accepts. */
  headers(streamId: number, block: Buffer, endsStream: boolean, maxFrameSize: number): void {
    const flags = endsStream ? frameFlags.endStream : 0;
    if (block.length <= maxFrameSize) {
      this.#head(block.length, frameTypes.headers, flags | frameFlags.endHeaders, streamId);
      this.#append(block, false);
      return;
    }
    for (let at = 0; at < block.length; at += maxFrameSize) {
      const part = block.subarray(at, at + maxFrameSize);
      const isLast = at + maxFrameSize >= block.length;
      const type = at === 0 ? frameTypes.headers : frameTypes.continuation;
      this.#head(part.length, type, (at === 0 ? flags : 0) | (isLast ? frameFlags.endHeaders : 0), streamId);
      this.#append(part, false);
    }
  }

  /** @param isOwn whether the bytes stay as they are until they are written. */
  data(streamId: number, part: Buffer, isOwn: boolean, endsStream: boolean): void {
    this.#head(part.length, frameTypes.data, endsStream ? frameFlags.endStream : 0, streamId);
    this.#append(part, isOwn);
  }

  /** The first bytes of a client. */
  preface(): void {
    this.#append(preface, false);
  }

  settings(payload: Buffer): void {
    this.#head(payload.length, frameTypes.settings, 0, 0);
    this.#append(payload, false);
  }

  settingsAck(): void {
    this.#head(0, frameTypes.settings, frameFlags.ack, 0);
  }

  /** @param opaque eight bytes. */
  ping(opaque: Buffer, isAck: boolean): void {
    this.#head(opaque.length, frameTypes.ping, isAck ? frameFlags.ack : 0, 0);
    this.#append(opaque, false);
  }

  reset(streamId: number, code: number): void {
    this.#number(this.#head(4, frameTypes.reset, 0, streamId), code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#number(this.#head(4, frameTypes.windowUpdate, 0, streamId), increment);
  }

  goaway(lastStreamId: number, code: number): void {
    this.#head(8, frameTypes.goaway, 0, 0);
    this.#number(this.#reserve(4), lastStreamId);
    this.#number(this.#reserve(4), code);
  }

  /** Calls the listener when everything up to now is with the system, possibly before this returns. */
  onceWritten(listener: WriteListener): void {
    if (this.waiting === 0 && !this.#isWriting) listener.onWritten();
    else this.#listeners.push(listener);
  }

  /** The connection is closed. */
  abandon(): void {
    const listeners = [...this.#writtenListeners, ...this.#listeners];
    this.#writtenListeners = [];
    this.#listeners = [];
    for (const listener of listeners) listener.onWritten();
  }

  /** Closes the connection after all that waits. */
  end(): void {
    this.#isEnding = true;
    this.#schedule();
  }

  /** Bytes that wait for the end of the turn, or for the system to take those before. */
  get waiting(): number {
    return this.#partBytes + this.#to - this.#from;
  }

  /** @returns where the payload begins, if it is short. */
  #head(length: number, type: number, flags: number, streamId: number): number {
    const at = this.#reserve(frameHeadBytes + (length <= 8 ? length : 0));
    this.#to = at + frameHeadBytes;
    const buffer = this.#buffer as Buffer;
    buffer[at] = length >>> 16;
    buffer[at + 1] = length >>> 8;
    buffer[at + 2] = length;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    this.#write32(at + 5, streamId);
    if (!this.#isScheduled) this.#schedule();
    return this.#to;
  }

  #number(at: number, value: number): void {
    this.#write32(at, value);
    this.#to = at + 4;
  }

  #write32(at: number, value: number): void {
    const buffer = this.#buffer as Buffer;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  #append(part: Buffer, isOwn: boolean): void {
    if (isOwn && part.length >= largePart) {
      this.#closePart();
      this.#parts.push(part);
      this.#partBytes += part.length;
    } else if (part.length > 0) {
      const at = this.#reserve(part.length);
      part.copy(this.#buffer as Buffer, at);
      this.#to = at + part.length;
    }
    if (this.waiting >= maxWaiting) this.#flush();
  }

  /** @returns where that many bytes fit into the current buffer. */
  #reserve(bytes: number): number {
    if (this.#buffer !== undefined && this.#to + bytes <= this.#buffer.length) return this.#to;
    this.#closePart();
    if (this.#buffer !== undefined) this.#filled.push(this.#buffer);
    this.#buffer = this.#buffers.take(bytes);
    this.#from = 0;
    this.#to = 0;
    return 0;
  }

  #closePart(): void {
    if (this.#buffer === undefined || this.#to === this.#from) return;
    this.#parts.push(this.#buffer.subarray(this.#from, this.#to));
    this.#partBytes += this.#to - this.#from;
    this.#from = this.#to;
  }

  #schedule(): void {
    this.#isScheduled = true;
    if (!this.#isWriting) setImmediate(this.#flushTurn);
  }

  readonly #flushTurn = (): void => this.#flush();

  #flush(): void {
    if (this.#isWriting || this.#socket.destroyed) return;
    this.#isScheduled = false;
    this.#closePart();
    const parts = this.#parts;
    const filled = this.#filled;
    if (this.#buffer !== undefined) filled.push(this.#buffer);
    this.#parts = [];
    this.#partBytes = 0;
    this.#filled = [];
    this.#writtenListeners = this.#listeners;
    this.#listeners = [];
    this.#buffer = undefined;
    this.#from = 0;
    this.#to = 0;
    if (parts.length > 0) this.#writeParts(parts, filled);
    this.#endIfWritten();
  }

  #endIfWritten(): void {
    if (this.#isEnding && !this.#isWriting) this.#socket.end();
  }

  #writeParts(parts: readonly Buffer[], filled: readonly Buffer[]): void {
    const socket = this.#socket;
    const outcome = { isWritten: false };
    const written = (): void => {
      outcome.isWritten = true;
      for (const buffer of filled) this.#buffers.give(buffer);
      if (this.#isWriting) this.#onWritten();
    };
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) writeBytes(socket, only, written);
    else {
      socket.cork();
      parts.forEach((part, index) => socket.write(part, index === parts.length - 1 ? written : undefined));
      socket.uncork();
    }
    // Usually the system takes all of it at once.
    this.#isWriting = !outcome.isWritten;
    if (outcome.isWritten) this.#tellWritten();
  }

  #tellWritten(): void {
    const listeners = this.#writtenListeners;
    this.#writtenListeners = [];
    for (const listener of listeners) listener.onWritten();
  }

  #onWritten(): void {
    this.#isWriting = false;
    this.writes += 1;
    this.#tellWritten();
    if (this.#socket.destroyed) return;
    this.#onFree();
    if (this.waiting > 0 || this.#isEnding) this.#flush();
  }
}
