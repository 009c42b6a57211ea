import { errorCodes } from './error-code.ts';
import {
  defaultMaxFrameSize,
  frameFlags,
  frameHeadBytes,
  frameTypes,
  preface,
  priorityBytes,
} from './frame.ts';
import { findFrameFault } from './frame-faults.ts';

/** Frames as they arrive. Each is valid in itself; whether it is valid at that time is for the receiver to say. */
export interface FrameReceiver {
  /** A DATA frame begins. @param length of its payload in bytes, which counts for flow control. */
  onDataFrame(streamId: number, length: number): void;
  /** A part of its data. @param lent the bytes are valid only until this returns. */
  onData(part: Buffer, lent: boolean): void;
  onDataFrameEnd(endsStream: boolean): void;
  /** A DATA frame without data that does not end its stream. */
  onEmptyData(): void;
  /** HEADERS and its CONTINUATION frames. The block is in `bytes`, from `start` to `end`, and valid only until this returns. */
  onHeaders(streamId: number, block: HeaderBlock, endsStream: boolean): void;
  onPriority(streamId: number): void;
  onReset(streamId: number, code: number): void;
  onSettings(payload: Buffer): void;
  onSettingsAck(): void;
  onPing(opaque: Buffer, isAck: boolean): void;
  onGoaway(lastStreamId: number, code: number): void;
  /** @param streamId 0 for the connection. */
  onWindowUpdate(streamId: number, increment: number): void;
  /** A frame violates the protocol on its stream alone. */
  onStreamError(streamId: number, code: number): void;
  /** A frame violates the protocol; nothing is read after it. */
  onConnectionError(code: number): void;
}

/** An encoded field section. */
export interface HeaderBlock {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** CONTINUATION frames of one block. */
const maxContinuations = 64;
/** Reads frames from pieces of any size. A class, because each connection has one. */
export class FrameReader {
  readonly #receiver: FrameReceiver;
  readonly #maxBlockBytes: number;
  /** Bytes of the client's preface that are still to come. */
  #prefaceLeft: number;
  #isFirst = true;
  #isStopped = false;
  /** A frame other than DATA, or the head of one, of which a part has arrived. */
  #partial: Buffer = nothing;
  #partialBytes = 0;
  #data: DataProgress | undefined = undefined;
  #headers: HeadersProgress | undefined = undefined;

  /**
   * @param maxBlockBytes of an encoded field section that comes in several frames. @param expectsPreface whether a client's preface
   * comes before the first frame.
   */
  constructor(receiver: FrameReceiver, maxBlockBytes: number, expectsPreface: boolean) {
    this.#receiver = receiver;
    this.#prefaceLeft = expectsPreface ? preface.length : 0;
    this.#maxBlockBytes = maxBlockBytes;
  }

  /** @param lent the bytes are valid only until this returns. */
  read(bytes: Buffer, lent: boolean): void {
    let at = this.#prefaceLeft === 0 ? 0 : this.#readPreface(bytes);
    while (at < bytes.length && !this.#isStopped) {
      if (this.#data !== undefined) at = this.#readData(this.#data, bytes, at, lent);
      else if (this.#partialBytes > 0) at = this.#complete(bytes, at);
      else {
        const left = bytes.length - at;
        const length = left < frameHeadBytes ? 0 : lengthAt(bytes, at);
        if (left >= frameHeadBytes && (bytes[at + 3] === frameTypes.data || left >= frameHeadBytes + length))
          at = this.#readFrame(bytes, at, length);
        else if (length > defaultMaxFrameSize) this.#fail(errorCodes.frameSizeError);
        else {
          this.#partial = Buffer.allocUnsafe(frameHeadBytes + length);
          this.#partialBytes = bytes.copy(this.#partial, 0, at);
          at = bytes.length;
        }
      }
    }
  }

  /** Discards everything from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  #readPreface(bytes: Buffer): number {
    const length = Math.min(this.#prefaceLeft, bytes.length);
    const from = preface.length - this.#prefaceLeft;
    this.#prefaceLeft -= length;
    if (preface.compare(bytes, 0, length, from, from + length) !== 0) this.#fail(errorCodes.protocolError);
    return length;
  }

  #complete(bytes: Buffer, at: number): number {
    const copied = bytes.copy(this.#partial, this.#partialBytes, at);
    this.#partialBytes += copied;
    const partial = this.#partial;
    if (this.#partialBytes < partial.length) return at + copied;
    const length = lengthAt(partial, 0);
    if (partial.length === frameHeadBytes && length > 0 && partial[3] !== frameTypes.data) {
      if (length > defaultMaxFrameSize) this.#fail(errorCodes.frameSizeError);
      this.#partial = Buffer.allocUnsafe(frameHeadBytes + Math.min(length, defaultMaxFrameSize));
      partial.copy(this.#partial);
      return at + copied;
    }
    this.#partial = nothing;
    this.#partialBytes = 0;
    this.#readFrame(partial, 0, length);
    return at + copied;
  }

  /** A whole frame, or the head of DATA. @returns the position after it. */
  #readFrame(bytes: Buffer, at: number, length: number): number {
    const type = bytes[at + 3] ?? 0;
    const flags = bytes[at + 4] ?? 0;
    const streamId = uint31At(bytes, at + 5);
    const start = at + frameHeadBytes;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (length > defaultMaxFrameSize) this.#fail(errorCodes.frameSizeError);
    else if (isFirst && (type !== frameTypes.settings || (flags & frameFlags.ack) !== 0))
      this.#fail(errorCodes.protocolError);
    else if (
      this.#headers !== undefined &&
      (type !== frameTypes.continuation || streamId !== this.#headers.streamId)
    )
      this.#fail(errorCodes.protocolError);
    else if (type === frameTypes.data) {
      this.#beginData(streamId, flags, length);
      return start;
    } else this.#readWhole(type, flags, streamId, bytes, start, start + length);
    return start + length;
  }

  #beginData(streamId: number, flags: number, length: number): void {
    const isPadded = (flags & frameFlags.padded) !== 0;
    if (streamId === 0) this.#fail(errorCodes.protocolError);
    else if (isPadded && length === 0) this.#fail(errorCodes.frameSizeError);
    else {
      const endsStream = (flags & frameFlags.endStream) !== 0;
      this.#data = { left: length, padding: isPadded ? undefined : 0, endsStream };
      this.#receiver.onDataFrame(streamId, length);
      if (length === 0 && !endsStream) this.#receiver.onEmptyData();
      if (length === 0) this.#endData(this.#data);
    }
  }

  #readData(data: DataProgress, bytes: Buffer, start: number, lent: boolean): number {
    let at = start;
    if (data.padding === undefined) {
      data.padding = bytes[at++] ?? 0;
      data.left -= 1;
      if (data.padding > data.left) {
        this.#fail(errorCodes.protocolError);
        return at;
      }
    }
    const length = Math.min(data.left - data.padding, bytes.length - at);
    if (length > 0) {
      data.left -= length;
      this.#receiver.onData(
        at === 0 && length === bytes.length ? bytes : bytes.subarray(at, at + length),
        lent,
      );
      at += length;
    }
    if (data.left <= data.padding) {
      const skipped = Math.min(data.left, bytes.length - at);
      data.left -= skipped;
      data.padding -= skipped;
      at += skipped;
      if (data.left === 0 && !this.#isStopped) this.#endData(data);
    }
    return at;
  }

  #endData({ endsStream }: DataProgress): void {
    this.#data = undefined;
    this.#receiver.onDataFrameEnd(endsStream);
  }

  #readWhole(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    const receiver = this.#receiver;
    const length = end - start;
    const isAck = (flags & frameFlags.ack) !== 0;
    const wrong = findFrameFault(type, streamId, length, isAck);
    if (wrong !== undefined) {
      if (type === frameTypes.priority && streamId !== 0) receiver.onStreamError(streamId, wrong);
      else this.#fail(wrong);
      return;
    }
    switch (type) {
      case frameTypes.headers:
        this.#readHeaders(flags, streamId, bytes, start, end);
        break;
      case frameTypes.continuation:
        this.#continue(flags, bytes.subarray(start, end));
        break;
      case frameTypes.priority:
        if (uint31At(bytes, start) === streamId) receiver.onStreamError(streamId, errorCodes.protocolError);
        else receiver.onPriority(streamId);
        break;
      case frameTypes.reset:
        receiver.onReset(streamId, bytes.readUInt32BE(start));
        break;
      case frameTypes.settings:
        if (isAck) receiver.onSettingsAck();
        else receiver.onSettings(bytes.subarray(start, end));
        break;
      case frameTypes.ping:
        receiver.onPing(bytes.subarray(start, end), isAck);
        break;
      case frameTypes.goaway:
        receiver.onGoaway(uint31At(bytes, start), bytes.readUInt32BE(start + 4));
        break;
      case frameTypes.windowUpdate:
        receiver.onWindowUpdate(streamId, uint31At(bytes, start));
        break;
      default: // Frames of unknown types are ignored (RFC 9113 section 5.5).
    }
  }

  #readHeaders(flags: number, streamId: number, bytes: Buffer, from: number, to: number): void {
    const isPadded = (flags & frameFlags.padded) !== 0;
    const hasPriority = (flags & frameFlags.priority) !== 0;
    const start = from + (isPadded ? 1 : 0) + (hasPriority ? priorityBytes : 0);
    const end = to - (isPadded && from < to ? (bytes[from] ?? 0) : 0);
    if (start > to) this.#fail(errorCodes.frameSizeError);
    else if (start > end || (hasPriority && uint31At(bytes, start - priorityBytes) === streamId))
      this.#fail(errorCodes.protocolError);
    else if ((flags & frameFlags.endHeaders) !== 0)
      this.#receiver.onHeaders(streamId, { bytes, start, end }, (flags & frameFlags.endStream) !== 0);
    else {
      const first = Buffer.from(bytes.subarray(start, end));
      const endsStream = (flags & frameFlags.endStream) !== 0;
      this.#headers = { streamId, endsStream, parts: [first], bytes: first.length };
    }
  }

  #continue(flags: number, part: Buffer): void {
    const headers = this.#headers;
    if (headers === undefined) {
      this.#fail(errorCodes.protocolError);
      return;
    }
    headers.bytes += part.length;
    headers.parts.push(Buffer.from(part));
    if (headers.bytes > this.#maxBlockBytes || headers.parts.length > maxContinuations)
      this.#fail(errorCodes.enhanceYourCalm);
    else if ((flags & frameFlags.endHeaders) !== 0) {
      this.#headers = undefined;
      const bytes = Buffer.concat(headers.parts);
      this.#receiver.onHeaders(headers.streamId, { bytes, start: 0, end: bytes.length }, headers.endsStream);
    }
  }

  #fail(code: number): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#receiver.onConnectionError(code);
  }
}

const nothing = Buffer.alloc(0);

/** The DATA frame of which the end has not arrived. */
interface DataProgress {
  /** Bytes of the payload, with the padding. */
  left: number;
  /** Bytes at its end; undefined until the byte that tells it has arrived. */
  padding: number | undefined;
  readonly endsStream: boolean;
}

/** The field section of which the last frame has not arrived. */
interface HeadersProgress {
  readonly streamId: number;
  readonly endsStream: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

const lengthAt = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);

const uint31At = (bytes: Buffer, at: number): number =>
  (((bytes[at] ?? 0) & 0x7f) << 24) |
  ((bytes[at + 1] ?? 0) << 16) |
  ((bytes[at + 2] ?? 0) << 8) |
  (bytes[at + 3] ?? 0);
