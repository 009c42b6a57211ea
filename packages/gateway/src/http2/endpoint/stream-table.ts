import { maxWindow } from '../frames/frame.ts';
import type { Http2Stream } from './stream.ts';

/** Closed streams that are remembered. */
const remembered = 128;

/** The streams of a connection by their numbers (RFC 9113 section 5.1.1). */
export class StreamTable {
  /** The latest stream of the other side. */
  lastPeerId = 0;
  readonly #isServer: boolean;
  readonly #open = new Map<number, Http2Stream>();
  /** Twice the number of each of the last ones, plus one if this side has reset it. */
  readonly #closed: number[] = [];
  #nextClosed = 0;
  #nextId = 1;

  constructor(isServer: boolean) {
    this.#isServer = isServer;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether another stream can be opened by a client. */
  get hasIds(): boolean {
    return this.#nextId < maxWindow;
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  all(): readonly Http2Stream[] {
    return [...this.#open.values()];
  }

  /** The number of the next stream of a client. */
  takeId(): number {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** @param isReset whether this side has reset it: frames for it may still arrive. */
  close(id: number, isReset: boolean): void {
    this.#open.delete(id);
    this.#closed[this.#nextClosed] = 2 * id + (isReset ? 1 : 0);
    this.#nextClosed = (this.#nextClosed + 1) % remembered;
  }

  /** How a stream was closed; undefined when that is not known any more, or it has never been open. */
  findClosed(id: number): 'reset' | 'ended' | undefined {
    const entry = this.#closed.find((value) => value >>> 1 === id);
    return entry === undefined ? undefined : entry % 2 === 1 ? 'reset' : 'ended';
  }

  /** Whether the stream has never been open. */
  isIdle(id: number): boolean {
    if (this.#isServer) return id % 2 === 0 || id > this.lastPeerId;
    return id % 2 === 0 || id >= this.#nextId;
  }
}
