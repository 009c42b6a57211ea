import type { Socket } from 'node:net';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { Deadlines, DeadlineOwner } from '../../http1/message/deadlines.ts';
import { pendingBytes } from '../../http1/message/write-text.ts';
import type { RequestActivity } from '../../http1/server/activity.ts';
import type { ConnectionFacts } from '../../http1/server/connection-facts.ts';
import type { ConnectionLimits } from '../../http1/server/connection-limits.ts';
import type { CallerResponseHead } from '../../http1/message/response-writer.ts';
import type { Http2EndpointListener } from '../endpoint/arriving-frames.ts';
import { Http2Endpoint, type Http2EndpointOptions } from '../endpoint/endpoint.ts';
import type { Http2Stream } from '../endpoint/stream.ts';
import { errorCodes } from '../frames/error-code.ts';
import { createFloodBudget, type FloodBudget } from './flood-budget.ts';
import { PendingResponses } from './pending-responses.ts';
import type { Http2Fields } from './request-head.ts';
import { ResponseHeads } from './response-heads.ts';
import { streamWindowBytes } from './session-options.ts';
import type { ServeStream } from './serve-stream.ts';
import type { CallerStreamConnection, StreamResponse } from './stream-response.ts';

/** State shared by the connections of one entry point. */
export interface CallerSessionDeps {
  readonly config: EntryPointConfig;
  readonly options: Http2EndpointOptions;
  readonly activity: RequestActivity;
  readonly deadlines: Deadlines;
  readonly limits: ConnectionLimits | undefined;
  readonly serveStream: ServeStream;
  /** Gives the value of `Date`. */
  readonly date: () => string;
  /** Milliseconds for the first frames of a connection. */
  readonly firstMs: number;
}

/** Bytes beside those of heads and bodies that a connection may bring, and how many for each of those. */
const maxOverhead = 1024 * 1024;
const overheadFactor = 8;
/** Bytes of PING and WINDOW_UPDATE that a connection with long streams may bring each second. */
const bytesPerSecond = 1024;

/** Milliseconds between two checks of a connection. */
export const checkMs = 1000;

/** A caller's connection with HTTP/2. A class, because there are many of them. */
export class CallerSession implements DeadlineOwner, CallerStreamConnection, Http2EndpointListener {
  deadline = Infinity;
  usefulBytes = 0;
  /** Fields of the latest request: those of the next one are mostly the same. */
  fields: Http2Fields | undefined = undefined;
  readonly facts: ConnectionFacts;
  readonly #socket: Socket;
  readonly #endpoint: Http2Endpoint;
  readonly #heads: ResponseHeads;
  readonly #deps: CallerSessionDeps;
  readonly #budget: FloodBudget;
  readonly #pending: PendingResponses;
  readonly #onClose: () => void;
  /** Requests with a body of which the head has just been read: a short body often comes with it. */
  #beginning: { readonly stream: Http2Stream; readonly fields: readonly string[] }[] = [];
  /** Bytes that the caller had left unread at the last check, the number of writes then, and the time since that has not changed. */
  #stalledBytes = 0;
  #stalledWrites = 0;
  #stalledMs = 0;

  /** @param onClose called when the connection is closed. */
  constructor(socket: Socket, facts: ConnectionFacts, deps: CallerSessionDeps, onClose: () => void) {
    const { config, deadlines, firstMs, options } = deps;
    this.facts = facts;
    this.#socket = socket;
    this.#deps = deps;
    this.#onClose = onClose;
    this.#budget = createFloodBudget(() => this.#endpoint.fail(errorCodes.enhanceYourCalm));
    this.#endpoint = new Http2Endpoint(socket, options, this);
    this.#heads = new ResponseHeads(this.#endpoint.encoder, deps.date);
    this.#pending = new PendingResponses(socket, deadlines, config.transport.writeTimeoutMs);
    deadlines.add(this);
    this.deadline = deadlines.notBefore(firstMs);
    socket
      .on('error', ignore)
      .on('end', () => socket.destroy())
      // A caller that does not close its side would otherwise keep the connection half open.
      .once('finish', () => socket.destroy());
    if (deps.activity.ending) this.last();
  }

  /** Bytes have arrived. @param lent they are valid only until this returns. */
  read(bytes: Buffer, lent: boolean): void {
    this.#endpoint.read(bytes, lent);
    if (this.#beginning.length === 0) return;
    const beginning = this.#beginning;
    this.#beginning = [];
    for (const { stream, fields } of beginning)
      if (stream.isClosed) this.#budget.ended(false);
      else this.#serve(stream, fields, false);
  }

  onExpired(): void {
    if (this.#endpoint.streams.size === 0) this.last();
  }

  /** Closes the connection if most of what came on it served no request, or if the caller does not read. Called every `checkMs`. */
  check(): void {
    this.#budget.second();
    this.usefulBytes += bytesPerSecond;
    const arriving = this.#endpoint.streams.size * streamWindowBytes;
    if (this.#socket.bytesRead > maxOverhead + arriving + overheadFactor * this.usefulBytes)
      this.#endpoint.fail(errorCodes.enhanceYourCalm);
    this.#checkStall();
  }

  /** Accepts no further stream, and closes the connection after those in flight: GOAWAY names the last one. */
  last(): void {
    this.#endpoint.close();
  }

  encode(head: CallerResponseHead): Buffer {
    return this.#heads.encode(head);
  }

  onPending(response: StreamResponse): void {
    this.#pending.add(response);
  }

  onRequest(stream: Http2Stream, fields: readonly string[], endsStream: boolean): void {
    this.deadline = Infinity;
    this.#budget.request();
    if (endsStream) this.#serve(stream, fields, true);
    else this.#beginning.push({ stream, fields });
  }

  /** @param begun whether its response had begun; otherwise the caller has reset it. */
  onResponseClosed(begun: boolean): void {
    this.#budget.ended(begun);
  }

  onStreamClosed(): void {
    this.#awaitRequest();
  }

  onSettings(): void {
    this.#awaitRequest();
  }

  onControlFrame(): void {
    this.#budget.controlFrame();
  }

  onRejected(): void {
    this.#budget.ended(false);
  }

  onGoaway(): void {
    // The caller closes the connection when it has its responses.
  }

  onPong(): void {}

  onClosed(): void {
    this.#deps.deadlines.remove(this);
    this.#pending.close();
    this.#onClose();
  }

  /** Cuts the connection of a caller that takes none of the bytes written to it within the time limit. */
  #checkStall(): void {
    const { writeTimeoutMs } = this.#deps.config.transport;
    const { writer } = this.#endpoint;
    const pending = writer.isStalled ? pendingBytes(this.#socket) : 0;
    if (pending === 0 || pending !== this.#stalledBytes || writer.writes !== this.#stalledWrites) {
      this.#stalledBytes = pending;
      this.#stalledWrites = writer.writes;
      this.#stalledMs = 0;
    } else {
      this.#stalledMs += checkMs;
      if (writeTimeoutMs > 0 && this.#stalledMs >= writeTimeoutMs) this.#socket.destroy();
    }
  }

  #serve(stream: Http2Stream, fields: readonly string[], endsStream: boolean): void {
    const { activity, limits, serveStream } = this.#deps;
    const isLast = limits?.isLast(this.#socket) === true;
    serveStream(stream, fields, endsStream, this);
    if (isLast || activity.draining) this.last();
  }

  #awaitRequest(): void {
    const { config, deadlines } = this.#deps;
    if (this.#endpoint.streams.size === 0)
      this.deadline = deadlines.notBefore(config.transport.idleTimeoutMs);
  }
}

function ignore(): void {}
