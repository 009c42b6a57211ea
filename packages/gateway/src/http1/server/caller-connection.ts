import type { Socket } from 'node:net';
import type { EntryPointConfig } from '../../config/entry-point-config.ts';
import type { Deadlines, DeadlineOwner } from '../message/deadlines.ts';
import type { Handle } from '../../pipeline/handle.ts';
import { gatewayRefusals, type PendingRequest } from '../../pipeline/refusals.ts';
import type { RequestFacts } from '../../routing/facts.ts';
import type { ReadPath } from '../../routing/request-path.ts';
import type { RequestActivity } from './activity.ts';
import type { ResponseTexts } from './response-texts.ts';
import { createArrivingBody, type ArrivingBody, type Flow } from './arriving-body.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { forgetSocket, handleOf, type SocketHandle } from './node-internals.ts';
import { rejectConnection } from './reject-connection.ts';
import { FastResponse, type FastConnection } from './fast-response.ts';
import { readFastRequest, type FastHead, type FastRequest } from './fast-request.ts';
import type { ReadFrom, SocketReads } from './socket-reads.ts';
import type { WriteStalls } from './write-stalls.ts';

/** State shared by the connections of one entry point. */
export interface CallerConnectionDeps {
  readonly config: EntryPointConfig;
  readonly activity: RequestActivity;
  readonly handle: Handle;
  readonly readPath: ReadPath;
  readonly deadlines: Deadlines;
  readonly stalls: WriteStalls;
  readonly limits?: ConnectionLimits | undefined;
  readonly texts: ResponseTexts;
  /** Header lines that keep a connection open, with their CR LF. */
  readonly keepAlive: string;
  readonly readFrom: ReadFrom;
  /** Connections whose last response has ended, and on which no further request has arrived. */
  readonly idle: Set<Socket>;
  /** Takes over a connection from which no byte of the next request has been read. */
  readonly toNodeFallback: (socket: Socket) => void;
  /** Takes over a connection that may use HTTP/2, from which no byte has been read. Undefined: HTTP/2 is not served. */
  readonly http2: Http2TakeOver | undefined;
}

export interface Http2TakeOver {
  /** Whether the first bytes of a connection are those of HTTP/2; undefined: that takes more of them. */
  begins(bytes: Buffer): boolean | undefined;
  /** Takes over a connection that may be HTTP/2, of which no byte has been read. */
  accept(socket: Socket): void;
  /** Takes over a connection of HTTP/2 with the bytes that have been read. */
  takeOver(socket: Socket, bytes: Buffer, reads: SocketReads): void;
}

/** Bytes of requests that wait for an earlier response. */
const maxHeldBytes = 64 * 1024;

/** A caller's connection while all its requests have the plain form. A class, because there are many instances. */
export class CallerConnection implements FastConnection, DeadlineOwner, Flow {
  deadline = Infinity;
  readonly socket: Socket;
  readonly texts: ResponseTexts;
  readonly keepAlive: string;
  readonly #deps: CallerConnectionDeps;
  readonly #facts: ConnectionFacts;
  readonly #reads: SocketReads;
  /** The response in flight, until its request has ended as well. */
  #response: FastResponse | undefined = undefined;
  #underWay: PendingRequest | undefined = undefined;
  #body: ArrivingBody | undefined = undefined;
  #isSettled = false;
  #isReading = false;
  /** Whether the response was written while bytes were being read. */
  #isWritten = false;
  #head: FastHead | undefined = undefined;
  /** Bytes received after the current request. */
  #held: Buffer | undefined = undefined;
  #isFirst = true;
  readonly #handle: SocketHandle | undefined;

  /** @param firstMs milliseconds for the head of the first request. */
  constructor(socket: Socket, facts: ConnectionFacts, firstMs: number, deps: CallerConnectionDeps) {
    this.socket = socket;
    this.texts = deps.texts;
    this.keepAlive = deps.keepAlive;
    this.#deps = deps;
    this.#facts = facts;
    this.#handle = handleOf(socket);
    socket.on('end', this.#onEnd).on('close', this.#onClose).on('error', onError);
    this.#reads = deps.readFrom(socket, (bytes, lent) => this.#onBytes(bytes, lent));
    deps.deadlines.add(this);
    this.deadline = deps.deadlines.notBefore(firstMs);
  }

  get isEnding(): boolean {
    return this.#deps.activity.ending;
  }

  readonly written = (error?: Error | null): void => {
    if (error) this.socket.destroy(error);
    // Received bytes are processed first.
    if (this.#isReading) this.#isWritten = true;
    else this.#settle();
  };

  onExpired(): void {
    const response = this.#response;
    if (response === undefined && this.#isFirst)
      rejectConnection(this.socket, gatewayRefusals.request_timeout);
    else if (response === undefined || response.begun) this.socket.destroy();
    else {
      response.last();
      this.#underWay?.refuse(gatewayRefusals.request_timeout);
    }
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  ended(): void {
    if (!this.#isWritten && !this.#isSettled) this.onBlocked();
  }

  onBlocked(): void {
    this.#deps.stalls.watch(this.socket);
  }

  cut(): void {
    this.socket.destroy();
  }

  /** @param lent the bytes are valid only until this returns. */
  #onBytes(bytes: Buffer, lent: boolean): void {
    this.#isReading = true;
    if (this.#response === undefined) this.#begin(bytes, lent);
    else this.#takeMore(lent ? Buffer.from(bytes) : bytes);
    this.#isReading = false;
    if (!this.#isWritten) return;
    this.#isWritten = false;
    this.#settle();
  }

  #begin(bytes: Buffer, lent: boolean): void {
    const { activity, config, deadlines, handle, idle, limits, readPath } = this.#deps;
    const request = readFastRequest(bytes, this.#head, config.transport);
    if (request === undefined) {
      this.#handOver(lent ? Buffer.from(bytes) : bytes);
      return;
    }
    const { method, httpVersion, head } = request;
    const isHttp11 = httpVersion === '1.1';
    this.#head = head;
    this.#isFirst = false;
    idle.delete(this.socket);
    this.#isSettled = false;
    const first = lent && request.body.length > 0 ? Buffer.from(request.body) : request.body;
    const body = createArrivingBody(head.bodyBytes, first, this);
    this.#body = body;
    this.deadline = body.complete ? Infinity : deadlines.notBefore(config.transport.readTimeoutMs);
    const response = new FastResponse(this, method, isHttp11, !isHttp11 || head.connection === 'close');
    this.#response = response;
    activity.begin();
    const refusal = activity.draining ? gatewayRefusals.gateway_draining : undefined;
    if (refusal !== undefined || limits?.isLast(this.socket) === true) response.last();
    this.#underWay = handle({
      facts: toFacts(request, this.#facts, config),
      httpVersion,
      body,
      response,
      expectsContinue: false,
      upgrade: undefined,
      refusal,
      readPath,
      maxBodyBytes: config.transport.maxBodyBytes,
    });
  }

  /** Handles further bytes while a request is in flight. */
  #takeMore(bytes: Buffer): void {
    const body = this.#body;
    let rest = bytes;
    if (body?.complete === false) rest = bytes.subarray(body.take(bytes));
    // A complete request has no deadline.
    if (body?.complete === true && !this.#isSettled) this.deadline = Infinity;
    if (rest.length > 0) {
      this.#held = this.#held === undefined ? rest : Buffer.concat([this.#held, rest]);
      // Reads on up to that limit, so that a disconnected caller is noticed.
      if (this.#held.length > maxHeldBytes) this.socket.pause();
    }
    if (this.#isSettled && body?.complete === true && this.#response?.isLast === false) this.#takeTurn();
  }

  #settle(): void {
    const { socket } = this;
    const response = this.#response;
    if (response === undefined || this.#isSettled) return;
    this.#close(response);
    if (socket.destroyed) return;
    if (response.isLast || this.isEnding) {
      this.#leave();
      // The system has all bytes, and sends the end of the connection after them; over TLS, a closing message comes first.
      if ('encrypted' in socket) {
        socket.destroySoon();
        this.onBlocked();
      } else socket.destroy();
    } else if (this.#body?.complete === false) this.#body.stop();
    else this.#takeTurn();
  }

  #close(response: FastResponse): void {
    this.#isSettled = true;
    response.closed();
    this.#deps.activity.finish();
  }

  /** Starts the turn of the next request. */
  #takeTurn(): void {
    const { config, deadlines, idle } = this.#deps;
    this.#response = undefined;
    this.#body = undefined;
    this.#reads.release();
    idle.add(this.socket);
    this.deadline = deadlines.notBefore(config.transport.idleTimeoutMs);
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.socket.resume();
    this.#onBytes(held, false);
  }

  #leave(): void {
    this.#deps.deadlines.remove(this);
    this.#deps.idle.delete(this.socket);
  }

  #handOver(bytes: Buffer): void {
    const { socket } = this;
    const { http2, toNodeFallback } = this.#deps;
    const isHttp2 = this.#isFirst && !('encrypted' in socket) ? http2?.begins(bytes) : false;
    this.#leave();
    socket.off('end', this.#onEnd).off('close', this.#onClose).off('error', onError);
    if (isHttp2 === true && http2 !== undefined) {
      http2.takeOver(socket, bytes, this.#reads);
      return;
    }
    this.#reads.stop();
    socket.pause();
    socket.unshift(bytes);
    if (isHttp2 === undefined && http2 !== undefined) http2.accept(socket);
    else toNodeFallback(socket);
    socket.resume();
  }

  readonly #onEnd = (): void => {
    // As in Node.js, a caller that closes its side before the response counts as disconnected.
    if (this.#response === undefined) this.socket.end();
    else this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#leave();
    if (this.#response !== undefined && !this.#isSettled) this.#close(this.#response);
    // Only a full garbage collection frees the system's handle of the socket, and everything to which the socket refers.
    if (this.#handle !== undefined) forgetSocket(this.#handle);
    this.#response = undefined;
    this.#underWay = undefined;
    this.#body = undefined;
    this.#head = undefined;
    this.#held = undefined;
  };
}

function onError(): void {}

function toFacts(
  { method, target, head, repeats }: FastRequest,
  facts: ConnectionFacts,
  config: EntryPointConfig,
): RequestFacts {
  const question = target.indexOf('?');
  return {
    entryPoint: config.name,
    method,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    host: head.host,
    authority: head.authority ?? '',
    scheme: facts.tls === undefined ? 'http' : 'https',
    rawHeaders: head.rawHeaders,
    reusesHeaders: repeats,
    remoteAddress: facts.remoteAddress,
    remotePort: facts.remotePort,
    trusted: facts.trusted,
    tls: facts.tls,
    authorization: head.authorization,
  };
}
