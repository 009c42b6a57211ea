import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { Deadlines, DeadlineOwner } from '../../http1/message/deadlines.ts';
import type { RequestActivity } from '../../http1/server/activity.ts';
import type { ConnectionFacts } from '../../http1/server/connection-facts.ts';
import type { ConnectionLimits } from '../../http1/server/connection-limits.ts';
import { createFloodBudget, type FloodBudget } from './flood-budget.ts';
import { PendingResponses } from './pending-responses.ts';
import type { Http2Fields } from './request-head.ts';
import type { SessionOptions } from './session-options.ts';
import type { ServeStream } from './serve-stream.ts';
import type { StreamConnection, StreamResponse } from './stream-response.ts';

/** State shared by the connections of one entry point. */
export interface CallerSessionDeps {
  readonly config: EntryPointConfig;
  readonly options: SessionOptions;
  readonly activity: RequestActivity;
  readonly deadlines: Deadlines;
  readonly limits: ConnectionLimits | undefined;
  readonly serveStream: ServeStream;
  /** Milliseconds for the first frames of a connection. */
  readonly firstMs: number;
}

/** Bytes beside those of heads and bodies that a connection may bring, and how many for each of those. */
const maxOverhead = 1024 * 1024;
const overheadFactor = 8;
/** Of PING and WINDOW_UPDATE on a connection that serves long streams. */
const bytesPerSecond = 1024;
/** Bytes of a body that may have come before it is read: the flow-control window. */
const unreadBytes = 64 * 1024;

/** A caller's connection with HTTP/2. A class, because there are many of them. */
export class CallerSession implements DeadlineOwner, StreamConnection {
  deadline = Infinity;
  usefulBytes = 0;
  /** Fields of the latest request: those of the next one are mostly the same. */
  fields: Http2Fields | undefined = undefined;
  readonly facts: ConnectionFacts;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #deps: CallerSessionDeps;
  readonly #budget: FloodBudget;
  readonly #pending: PendingResponses;
  #openStreams = 0;

  /** @param onClose called when the connection is closed. */
  constructor(socket: Socket, facts: ConnectionFacts, deps: CallerSessionDeps, onClose: () => void) {
    const { config, deadlines, firstMs, options } = deps;
    this.facts = facts;
    this.#socket = socket;
    this.#deps = deps;
    const session = performServerHandshake(socket, options);
    this.#session = session;
    this.#budget = createFloodBudget(() => this.#end(constants.NGHTTP2_ENHANCE_YOUR_CALM));
    this.#pending = new PendingResponses(socket, deadlines, config.transport.writeTimeoutMs);
    deadlines.add(this);
    this.deadline = deadlines.notBefore(firstMs);
    session
      .on('error', () => {})
      .once('remoteSettings', () => this.#awaitRequest())
      .on('remoteSettings', () => this.#budget.controlFrame())
      .on('ping', () => this.#budget.controlFrame())
      .on('stream', (...event: readonly unknown[]) => this.#onStream(event as unknown as StreamArguments))
      .once('close', () => {
        deadlines.remove(this);
        this.#pending.close();
        onClose();
      });
    // A caller that does not close its side would otherwise keep the connection half open.
    socket.once('finish', () => socket.destroy());
    if (deps.activity.ending) this.last();
  }

  onExpired(): void {
    if (this.#openStreams === 0) this.last();
  }

  /** Closes the connection if most of what came on it served no request. Called each second. */
  checkFlood(): void {
    this.#budget.second();
    this.usefulBytes += bytesPerSecond;
    const arriving = this.#openStreams * unreadBytes;
    if (this.#socket.bytesRead > maxOverhead + arriving + overheadFactor * this.usefulBytes)
      this.#end(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Accepts no further stream, and closes the connection after those in flight: GOAWAY names the last one. */
  last(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close();
  }

  onPending(response: StreamResponse): void {
    this.#pending.add(response);
  }

  #onStream([stream, , flags, received]: StreamArguments): void {
    const { activity, limits, serveStream } = this.#deps;
    // First of all: the end of a flooded connection is an error of each stream, also of those that are not served.
    stream.on('error', ignore);
    if (this.#session.destroyed) return;
    if (stream.closed || stream.destroyed) {
      // Reset by the frame after its head: it costs no request.
      this.#budget.ended(false);
      return;
    }
    const isLast = limits?.isLast(this.#socket) === true;
    this.#openStreams += 1;
    this.deadline = Infinity;
    stream.once('close', () => {
      this.#openStreams -= 1;
      if (this.#openStreams === 0) this.#awaitRequest();
    });
    const endsHere = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const response = serveStream(stream, received, endsHere, this);
    this.#budget.request();
    stream.once('close', () => this.#budget.ended(response.begun));
    if (isLast || activity.draining) this.last();
  }

  #awaitRequest(): void {
    const { config, deadlines } = this.#deps;
    if (this.#openStreams === 0) this.deadline = deadlines.notBefore(config.transport.idleTimeoutMs);
  }

  #end(code: number): void {
    if (!this.#session.destroyed) this.#session.destroy(new Error('too many frames'), code);
  }
}

/** Arguments of the event `stream`; the types of Node.js lack the last one. */
type StreamArguments = readonly [
  stream: ServerHttp2Stream,
  headers: unknown,
  flags: number,
  received: readonly string[],
];

function ignore(): void {}
