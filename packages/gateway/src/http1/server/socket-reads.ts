import type { Socket } from 'node:net';
import type { ReadBuffer, ReadBuffers } from '../message/read-buffers.ts';

/** Events of one connection. */
export interface SocketReads {
  /** Much is no longer to be expected. */
  release(): void;
  /** From now on the reader of the stream receives the bytes. */
  stop(): void;
}

/** @param lent the bytes are gone when this has returned. */
export type OnBytes = (bytes: Buffer, lent: boolean) => void;

/** Reads from a connection that has been accepted, of which nothing has been read. */
export type ReadFrom = (socket: Socket, onBytes: OnBytes) => SocketReads;

/**
 * Reads into buffers that are used again. Node.js has this for connections that are opened (`onread` of `net.Socket`), but does
 * not let a server ask for it; the same fields of the socket are set here. It saves a buffer of 64 KiB for each read, which the
 * system has to find and the garbage collector to follow: a tenth of the time of a proxied request. Where a version of Node.js
 * does not have those fields, connections are read as any stream is.
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

/** Names of the fields in which a socket keeps its `onread`. */
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
  readonly #onBytes: OnBytes;
  #isStopped = false;

  constructor(socket: Socket, buffer: ReadBuffer, onBytes: OnBytes) {
    this.#socket = socket;
    this.#buffer = buffer;
    this.#onBytes = onBytes;
  }

  /** Gives false to stop reading until the stream is resumed. */
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
}

function readStream(socket: Socket, onBytes: OnBytes): SocketReads {
  const onData = (bytes: Buffer): void => onBytes(bytes, false);
  socket.on('data', onData);
  return {
    release() {},
    stop: () => void socket.off('data', onData),
  };
}
