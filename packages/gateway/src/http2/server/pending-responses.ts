import type { Socket } from 'node:net';
import type { Deadlines, DeadlineOwner } from '../../http1/message/deadlines.ts';
import { pendingBytes } from '../../http1/message/write-text.ts';
import { errorCodes } from '../frames/error-code.ts';
import type { StreamResponse } from './stream-response.ts';

/** Looks at a response in each time limit: its stream ends after that at the earliest, a quarter later at the latest. */
const looks = 4;

/** ResponseProgress of one response. */
interface ResponseProgress {
  takenBytes: number;
  /** Looks since then. */
  idle: number;
}

/** Responses of a connection that the caller has still to take, as with a flow-control window that it never opens. */
export class PendingResponses implements DeadlineOwner {
  deadline = Infinity;
  readonly #socket: Socket;
  readonly #deadlines: Deadlines;
  readonly #lookMs: number;
  readonly #responses = new Map<StreamResponse, ResponseProgress>();

  /** @param limitMs milliseconds without a byte that the caller takes; 0: no limit. */
  constructor(socket: Socket, deadlines: Deadlines, limitMs: number) {
    this.#socket = socket;
    this.#deadlines = deadlines;
    this.#lookMs = limitMs / looks;
    deadlines.add(this);
  }

  add(response: StreamResponse): void {
    if (this.#lookMs === 0 || this.#responses.has(response)) return;
    this.#responses.set(response, { takenBytes: response.takenBytes, idle: 0 });
    if (this.deadline === Infinity) this.deadline = this.#deadlines.notBefore(this.#lookMs);
  }

  /** Its connection is closed. */
  close(): void {
    this.#deadlines.remove(this);
  }

  onExpired(): void {
    for (const [response, progress] of this.#responses) {
      if (response.pendingBytes === 0) this.#responses.delete(response);
      else if (response.takenBytes > progress.takenBytes) {
        progress.takenBytes = response.takenBytes;
        progress.idle = 0;
      } else {
        progress.idle += 1;
        if (progress.idle >= looks) this.#end(response);
      }
    }
    if (this.#responses.size > 0) this.deadline = this.#deadlines.notBefore(this.#lookMs);
  }

  #end(response: StreamResponse): void {
    this.#responses.delete(response);
    response.reset(errorCodes.cancel);
    // A caller that reads nothing at all would not read the end of the stream either.
    if (pendingBytes(this.#socket) > 0) this.#socket.destroy();
  }
}
