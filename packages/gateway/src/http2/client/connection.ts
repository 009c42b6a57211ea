import { connect, type ClientHttp2Session, type Settings } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Dialer } from '../../http1/client/dial.ts';
import { toFault, type ResponseFault } from '../../http1/client/fault.ts';
import type { DeadlineOwner, Deadlines } from '../../http1/message/deadlines.ts';
import { ConnectionHealth } from './connection-health.ts';
import type { Http2Limits } from './limits.ts';
import type { RequestStream } from './stream.ts';
import type { StreamOwner } from './stream-owner.ts';

export interface Http2ConnectionDeps {
  readonly dialer: Dialer;
  readonly limits: Http2Limits;
  readonly deadlines: Deadlines;
  /** The server has chosen HTTP/1.1; the streams have not been sent. */
  onHttp1(streams: readonly RequestStream[]): void;
  /** The server allows fewer streams than are waiting. */
  onOverflow(streams: readonly RequestStream[]): void;
  /** No stream is left. */
  onIdle(connection: Http2Connection): void;
  /** Called once; the connection takes no stream any more, and has none. */
  onGone(connection: Http2Connection): void;
}

/** Streams that are assumed to be allowed until the server's SETTINGS say otherwise, as RFC 9113 section 6.5.2 recommends. */
const assumedStreams = 100;
/** Bytes that a server may send ahead on a stream that the caller does not read, and on a connection. */
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 4 * 1024 * 1024;
/** Megabytes; every stream is limited by its window already. */
const maxSessionMemory = 1024;
const maxHeaderFields = 2000;

/** A connection that many streams share. A class, because there are many instances. */
export class Http2Connection implements DeadlineOwner, StreamOwner<RequestStream> {
  deadline = Infinity;
  readonly #deps: Http2ConnectionDeps;
  readonly #socket: Socket;
  readonly #streams = new Set<RequestStream>();
  #session: ClientHttp2Session | undefined = undefined;
  #state: 'opening' | 'open' | 'closing' | 'gone' = 'opening';
  #maxStreams = assumedStreams;
  /** Highest stream that the server may have acted on; undefined before GOAWAY. */
  #lastStreamId: number | undefined = undefined;
  #error: NodeJS.ErrnoException | undefined = undefined;
  readonly #health: ConnectionHealth;

  constructor(deps: Http2ConnectionDeps) {
    this.#deps = deps;
    this.#health = new ConnectionHealth(deps, () =>
      this.#fail({ code: 'connection_lost', reason: 'no response to PING in time' }),
    );
    this.#socket = deps.dialer.dial(undefined, () => this.#onOpen());
    deps.deadlines.add(this);
    this.deadline = deps.deadlines.notBefore(deps.limits.connectMs);
    this.#socket.on('error', (error) => (this.#error ??= error)).on('close', () => this.#onClosed());
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Whether it takes another stream. */
  get hasRoom(): boolean {
    if (this.#state !== 'opening' && this.#state !== 'open') return false;
    if (this.#session?.closed === true || this.#session?.destroyed === true) return false;
    if (this.#health.isInDoubt) return false;
    return this.#streams.size < this.#maxStreams;
  }

  add(stream: RequestStream): void {
    this.#streams.add(stream);
    stream.waitFor(this);
    if (this.#state !== 'open' || this.#session === undefined) return;
    this.deadline = Infinity;
    stream.begin(this.#session, this);
  }

  /** Takes no further stream, and closes after the last one. */
  close(): void {
    if (this.#state === 'closing' || this.#state === 'gone') return;
    if (this.#streams.size === 0) this.#end();
    else if (this.#state === 'open') {
      this.#state = 'closing';
      this.#session?.close();
    }
  }

  isUnprocessed(id: number | undefined): boolean {
    return id === undefined ? this.#lastStreamId !== undefined : id > (this.#lastStreamId ?? Infinity);
  }

  onActivity(): void {
    this.#health.isAlive = true;
  }

  onSilence(): void {
    this.#health.doubt();
  }

  onClosed(stream: RequestStream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    if (this.#state === 'closing') this.#end();
    else if (this.#state === 'open') this.#rest();
  }

  #rest(): void {
    this.deadline = this.#deps.deadlines.notAfter(Math.max(1, this.#deps.limits.idleMs));
    this.#deps.onIdle(this);
  }

  onExpired(): void {
    if (this.#state === 'opening')
      this.#fail({ code: 'connect_timeout', reason: 'no HTTP/2 connection in time' });
    else if (this.#streams.size === 0) this.#end();
  }

  #onOpen(): void {
    if (this.#state === 'gone') return;
    const { limits } = this.#deps;
    const protocol = (this.#socket as Partial<TLSSocket>).alpnProtocol;
    if (protocol !== undefined && protocol !== 'h2') {
      const streams = this.#takeStreams();
      this.#end();
      this.#deps.onHttp1(streams);
      return;
    }
    const session = connect('http://localhost', {
      createConnection: () => this.#socket,
      maxSessionMemory,
      maxHeaderListPairs: maxHeaderFields,
      peerMaxConcurrentStreams: assumedStreams,
      settings: {
        enablePush: false,
        initialWindowSize: streamWindowBytes,
        maxHeaderListSize: limits.maxHeadBytes,
      },
    });
    this.#session = session;
    session.on('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(connectionWindowBytes);
    });
    session.on('remoteSettings', ({ maxConcurrentStreams }: Settings) =>
      this.#onSettings(maxConcurrentStreams),
    );
    session.on('goaway', (_code: number, lastStreamId: number) => this.#onGoaway(lastStreamId));
    session.on('error', (error: Error) => void (this.#error ??= error));
    session.on('close', () => this.#onClosed());
  }

  #onSettings(maxStreams: number | undefined): void {
    this.#maxStreams = maxStreams ?? Infinity;
    const session = this.#session;
    if (this.#state !== 'opening' || session === undefined) return;
    if (this.#maxStreams === 0) {
      this.#fail({ code: 'connect_failed', reason: 'the server allows no streams' });
      return;
    }
    this.#state = 'open';
    this.deadline = Infinity;
    this.#health.watch(session);
    const waiting = [...this.#streams];
    const surplus = waiting.slice(this.#maxStreams);
    for (const stream of surplus) this.#streams.delete(stream);
    for (const stream of waiting.slice(0, this.#maxStreams)) stream.begin(session, this);
    if (surplus.length > 0) this.#deps.onOverflow(surplus);
    if (waiting.length === 0) this.#rest();
  }

  #onGoaway(lastStreamId: number): void {
    this.#lastStreamId = lastStreamId;
    if (this.#state === 'open') this.#state = 'closing';
    if (this.#streams.size === 0) this.#end();
  }

  /** The socket or the session has closed: Node.js has closed every stream that was sent before. */
  #onClosed(): void {
    if (this.#state === 'gone') return;
    const isOpening = this.#state === 'opening';
    const isForeign = this.#session !== undefined && isOpening;
    this.#fail(
      isForeign
        ? { code: 'connect_failed', reason: 'the server does not speak HTTP/2' }
        : this.#error === undefined
          ? { code: isOpening ? 'connect_failed' : 'connection_lost', reason: 'the connection was closed' }
          : toFault(this.#error, !isOpening, false),
    );
  }

  #fail(fault: ResponseFault): void {
    const streams = this.#takeStreams();
    this.#end();
    for (const stream of streams) stream.fail(fault);
  }

  #takeStreams(): readonly RequestStream[] {
    const streams = [...this.#streams];
    this.#streams.clear();
    return streams;
  }

  #end(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#deps.deadlines.remove(this);
    this.#health.stop();
    // An orderly GOAWAY before the end of the connection.
    if (this.#session !== undefined && !this.#session.destroyed) this.#session.destroy();
    else this.#socket.destroy();
    this.#deps.onGone(this);
  }
}
