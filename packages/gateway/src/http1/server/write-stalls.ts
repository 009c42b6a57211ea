import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import { pendingBytes } from '../message/write-text.ts';
import { createDeadlines, toTickMs, type Deadlines, type DeadlineOwner } from '../message/deadlines.ts';

/** Closes connections whose callers do not read their responses. */
export interface WriteStalls {
  /** Watches a connection that has unsent bytes or is about to end, until it has sent them or has ended. */
  watch(socket: Socket): void;
}

/** Checks a connection once per time limit: it is closed after the limit at the earliest, a quarter later at the latest. */
const looks = 4;

/** @param limitMs milliseconds in which the caller reads no byte; 0: no limit. */
export function createWriteStalls(clock: Clock, limitMs: number): WriteStalls {
  const deadlines = createDeadlines(clock, toTickMs([limitMs / looks]));
  const watched = new WeakSet<Socket>();
  return {
    watch(socket) {
      if (limitMs === 0 || socket.destroyed || watched.has(socket)) return;
      watched.add(socket);
      new Stall(socket, limitMs / looks, deadlines, () => watched.delete(socket));
    },
  };
}

/** A connection that is watched. */
class Stall implements DeadlineOwner {
  deadline = Infinity;
  readonly #socket: Socket;
  readonly #lookMs: number;
  readonly #deadlines: Deadlines;
  readonly #onEnd: () => void;
  /** Bytes that the system had accepted at the last check with progress. */
  #taken: number;
  /** Checks since then. */
  #idle = 0;

  constructor(socket: Socket, lookMs: number, deadlines: Deadlines, onEnd: () => void) {
    this.#socket = socket;
    this.#lookMs = lookMs;
    this.#deadlines = deadlines;
    this.#onEnd = onEnd;
    this.#taken = socket.bytesWritten - pendingBytes(socket);
    socket.once('close', this.#stop);
    deadlines.add(this);
    this.deadline = deadlines.notBefore(lookMs);
  }

  onExpired(): void {
    const socket = this.#socket;
    const pending = pendingBytes(socket);
    if (pending === 0 && !socket.writableEnded) {
      socket.off('close', this.#stop);
      this.#stop();
      return;
    }
    const taken = socket.bytesWritten - pending;
    if (taken > this.#taken) {
      this.#taken = taken;
      this.#idle = 0;
    } else this.#idle += 1;
    if (this.#idle < looks) this.deadline = this.#deadlines.notBefore(this.#lookMs);
    // After an orderly end, the system would keep the bytes that the caller does not read.
    else if ('encrypted' in socket) socket.destroy();
    else socket.resetAndDestroy();
  }

  readonly #stop = (): void => {
    this.#deadlines.remove(this);
    this.#onEnd();
  };
}
