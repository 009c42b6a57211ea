import type { DeadlineOwner, Deadlines } from '../../http1/message/deadlines.ts';
import type { Http2Limits } from './limits.ts';

/** Milliseconds for the response to a PING after a request ran into its time limit. */
const doubtMs = 15_000;

/**
 * Asks a quiet server by PING whether it is still there (RFC 9113 section 6.7). A class, because there are many instances.
 */
export class ConnectionHealth implements DeadlineOwner {
  deadline = Infinity;
  /** Whether the server has sent a part of a response since the last check. */
  isAlive = true;
  /** Whether a request has run into its time limit, and no response to a PING has come since. */
  isInDoubt = false;
  readonly #limits: Http2Limits;
  readonly #deadlines: Deadlines;
  readonly #onDead: () => void;
  #sendPing: (() => void) | undefined = undefined;
  #isPinging = false;

  /** @param onDead called once, when no response to a PING comes in time. */
  constructor(
    { limits, deadlines }: { readonly limits: Http2Limits; readonly deadlines: Deadlines },
    onDead: () => void,
  ) {
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.#onDead = onDead;
  }

  watch(sendPing: () => void): void {
    this.#sendPing = sendPing;
    this.#deadlines.add(this);
    this.#rearm();
  }

  stop(): void {
    this.#sendPing = undefined;
    this.#deadlines.remove(this);
  }

  /** A time limit has expired: the connection may be lost without notice. */
  doubt(): void {
    if (this.isInDoubt) return;
    this.isInDoubt = true;
    this.#ping(Math.min(doubtMs, this.#limits.pingMs || doubtMs));
  }

  /** The response to a PING has arrived. */
  onPong(): void {
    if (!this.#isPinging) return;
    this.#isPinging = false;
    this.isInDoubt = false;
    this.#rearm();
  }

  onExpired(): void {
    if (this.#isPinging) this.#onDead();
    else if (this.isAlive) this.#rearm();
    else this.#ping(this.#limits.pingMs);
  }

  #rearm(): void {
    this.isAlive = false;
    this.deadline = this.#deadlines.notBefore(this.#limits.readIdleMs);
  }

  #ping(limitMs: number): void {
    if (this.#sendPing === undefined) return;
    this.deadline = this.#deadlines.notBefore(limitMs);
    this.#isPinging = true;
    this.#sendPing();
  }
}
