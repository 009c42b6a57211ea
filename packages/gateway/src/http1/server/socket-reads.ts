import type { Socket } from 'node:net';
import type { ReadBuffer, ReadBuffers } from '../message/read-buffers.ts';

/** Events of one connection. */
export interface SocketReads {
  /** Large reads are no longer expected. */
  release(): void;
  /** From now on, the bytes go to the reader of the stream. */
  stop(): void;
  /** From now on another reader receives them, in the same way. */
  passTo(onBytes: OnBytes): void;
}

/** @param lent the bytes are valid only until this returns. */
export type OnBytes = (bytes: Buffer, lent: boolean) => void;

/** Reads from an accepted connection from which nothing has been read. */
export type ReadFrom = (socket: Socket, onBytes: OnBytes) => SocketReads;

/**
 * Reads into reusable buffers. Node.js offers this for connections that are opened (`onread` of `net.Socket`), but not for those
 * that a server accepts; the same fields of the socket are set here. Otherwise the system would allocate, and the garbage collector
 * track, a buffer of 64 KiB per read: a tenth of the time of a proxied request. In a version of Node.js without those fields,
 * connections are read like any stream.
 */
export function createReadFrom(buffers: ReadBuffers): ReadFrom {
  let fields: Fields | undefined;
  return (socket, onBytes) => {
    fields ??= fieldsOf(socket);
    const buffered =
      fields === undefined ? undefined : readInto(socket, fields, buffers.forConnection(), onBytes);
    return buffered ?? readStream(socket, onBytes);
  };
}

/** Names of the fields in which a socket stores its `onread`. */
interface Fields {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly next: symbol;
}

function fieldsOf(socket: Socket): Fields | undefined {
  const all = Object.getOwnPropertySymbols(socket);
  const find = (name: string): symbol | undefined => all.find(({ description }) => description === name);
  const [buffer, callback, next] = ['kBuffer', 'kBufferCb', 'kBufferGen'].map(find);
  if (buffer === undefined || callback === undefined || next === undefined) return undefined;
  return { buffer, callback, next };
}

interface Internals {
  readonly _handle?: { useUserBuffer?: (buffer: Buffer | undefined) => void } | null;
  [field: symbol]: unknown;
}

function readInto(
  socket: Socket,
  fields: Fields,
  buffer: ReadBuffer,
  onBytes: OnBytes,
): SocketReads | undefined {
  const internals = socket as unknown as Internals;
  const handle = internals._handle;
  // Bytes that the stream already buffers come first.
  if (typeof handle?.useUserBuffer !== 'function' || socket.readableLength > 0) return undefined;
  const reads = new BufferedReads(socket, buffer, onBytes);
  const first = buffer.next();
  internals[fields.buffer] = first;
  internals[fields.next] = () => buffer.next();
  internals[fields.callback] = (length: number, into: Buffer) => reads.take(into.subarray(0, length));
  handle.useUserBuffer(first);
  return reads;
}

class BufferedReads implements SocketReads {
  readonly #socket: Socket;
  readonly #buffer: ReadBuffer;
  #onBytes: OnBytes;
  #isStopped = false;

  constructor(socket: Socket, buffer: ReadBuffer, onBytes: OnBytes) {
    this.#socket = socket;
    this.#buffer = buffer;
    this.#onBytes = onBytes;
  }

  /** Returns false to stop reading until the stream is resumed. */
  take(bytes: Buffer): boolean {
    const lent = this.#buffer.lends(bytes.length);
    if (this.#isStopped) return this.#socket.push(lent ? Buffer.from(bytes) : bytes);
    this.#onBytes(bytes, lent);
    return true;
  }

  release(): void {
    this.#buffer.release();
  }

  stop(): void {
    this.#isStopped = true;
  }

  passTo(onBytes: OnBytes): void {
    this.#onBytes = onBytes;
  }
}

function readStream(socket: Socket, onBytes: OnBytes): SocketReads {
  let reader = onBytes;
  const onData = (bytes: Buffer): void => reader(bytes, false);
  socket.on('data', onData);
  return {
    release() {},
    stop: () => void socket.off('data', onData),
    passTo: (next) => void (reader = next),
  };
}
