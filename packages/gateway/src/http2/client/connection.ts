import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Dialer, Reader } from '../../http1/client/dial.ts';
import { toFault, type ResponseFault } from '../../http1/client/fault.ts';
import type { ResponseHead } from '../../http1/client/response-head.ts';
import type { DeadlineOwner, Deadlines } from '../../http1/message/deadlines.ts';
import type { ReadBuffer, ReadBuffers } from '../../http1/message/read-buffers.ts';
import type { Http2EndpointListener } from '../endpoint/arriving-frames.ts';
import { Http2Endpoint } from '../endpoint/endpoint.ts';
import type { Http2Stream } from '../endpoint/stream.ts';
import { errorCodes, nameOfErrorCode } from '../frames/error-code.ts';
import type { Http2Settings } from '../frames/settings.ts';
import type { WriteBuffers } from '../frames/write-buffers.ts';
import { defaultTableSize } from '../hpack/dynamic-table.ts';
import { ConnectionHealth } from './connection-health.ts';
import type { Http2Limits } from './limits.ts';
import { readFields } from './response-head.ts';
import type { RequestStream } from './stream.ts';
import type { StreamOwner } from './stream-owner.ts';

export interface Http2ConnectionDeps {
  readonly dialer: Dialer;
  readonly limits: Http2Limits;
  readonly deadlines: Deadlines;
  readonly readBuffers: ReadBuffers;
  readonly writeBuffers: WriteBuffers;
  /** The server has chosen HTTP/1.1; the streams have not been sent. */
  onHttp1(streams: readonly RequestStream[]): void;
  /** The server allows fewer streams than are waiting. */
  onOverflow(streams: readonly RequestStream[]): void;
  /** No stream is left. */
  onIdle(connection: Http2Connection): void;
  /** Called once; the connection takes no stream any more, and has none. */
  onGone(connection: Http2Connection): void;
}

/** Streams that are assumed to be allowed until the server's SETTINGS arrive, as RFC 9113 section 6.5.2 recommends. */
const assumedStreams = 100;
/** Bytes that a server may send ahead on a stream that the caller does not read, and on a connection. */
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 4 * 1024 * 1024;
const maxHeaderFields = 2000;

/** A connection that many streams share. A class, because there are many instances. */
export class Http2Connection
  implements DeadlineOwner, Reader, StreamOwner<RequestStream>, Http2EndpointListener
{
  deadline = Infinity;
  readonly #deps: Http2ConnectionDeps;
  readonly #socket: Socket;
  readonly #buffer: ReadBuffer;
  readonly #streams = new Set<RequestStream>();
  readonly #health: ConnectionHealth;
  #endpoint: Http2Endpoint | undefined = undefined;
  #state: 'opening' | 'open' | 'closing' | 'gone' = 'opening';
  #maxStreams = assumedStreams;
  #error: NodeJS.ErrnoException | undefined = undefined;
  /** Fields of the latest response, and its head. */
  #fields: readonly string[] | undefined = undefined;
  #method = '';
  #head: ResponseHead | string = '';
  repeatsHead = false;

  constructor(deps: Http2ConnectionDeps) {
    this.#deps = deps;
    this.#buffer = deps.readBuffers.forConnection();
    this.#health = new ConnectionHealth(deps, () =>
      this.#fail({ code: 'connection_lost', reason: 'no response to PING in time' }),
    );
    this.#socket = deps.dialer.dial(this, () => this.#onOpen());
    deps.deadlines.add(this);
    this.deadline = deps.deadlines.notBefore(deps.limits.connectMs);
    this.#socket.on('error', (error) => (this.#error ??= error)).on('close', () => this.#onLost());
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Whether it takes another stream. */
  get hasRoom(): boolean {
    if (this.#state !== 'opening' && this.#state !== 'open') return false;
    if (this.#health.isInDoubt || this.#endpoint?.streams.hasIds === false) return false;
    return this.#streams.size < this.#maxStreams;
  }

  add(stream: RequestStream): void {
    this.#streams.add(stream);
    stream.waitFor(this);
    if (this.#state !== 'open') return;
    this.deadline = Infinity;
    stream.begin(this);
  }

  /** Takes no further stream, and closes after the last one. */
  close(): void {
    if (this.#state === 'closing' || this.#state === 'gone') return;
    if (this.#streams.size === 0) this.#end();
    else if (this.#state === 'open') this.#state = 'closing';
  }

  buffer(): Buffer | undefined {
    return this.#buffer.next();
  }

  onBytes(length: number, buffer: Buffer): boolean {
    this.#endpoint?.read(buffer.subarray(0, length), this.#buffer.lends(length));
    return true;
  }

  open(fields: readonly string[], endsStream: boolean): Http2Stream {
    return (this.#endpoint as Http2Endpoint).open(fields, endsStream);
  }

  readHead(fields: readonly string[], method: string): ResponseHead | string {
    this.repeatsHead = this.#fields === fields && this.#method === method;
    if (this.repeatsHead) return this.#head;
    this.#fields = fields;
    this.#method = method;
    this.#head = readFields(fields, method);
    return this.#head;
  }

  onActivity(): void {
    this.#health.isAlive = true;
  }

  onSilence(): void {
    this.#health.doubt();
  }

  onStreamEnd(stream: RequestStream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    if (this.#state === 'closing') this.#end();
    else if (this.#state === 'open') this.#rest();
  }

  onExpired(): void {
    if (this.#state === 'opening')
      this.#fail({ code: 'connect_timeout', reason: 'no HTTP/2 connection in time' });
    else if (this.#streams.size === 0) this.#end();
  }

  onRequest(stream: Http2Stream): void {
    // Servers open no streams.
    stream.reset(errorCodes.protocolError);
  }

  onSettings({ maxConcurrentStreams }: Http2Settings): void {
    const isFirst = this.#state === 'opening';
    if (maxConcurrentStreams !== undefined || isFirst) this.#maxStreams = maxConcurrentStreams ?? Infinity;
    if (!isFirst) return;
    if (this.#maxStreams === 0) {
      this.#fail({ code: 'connect_failed', reason: 'the server allows no streams' });
      return;
    }
    this.#state = 'open';
    this.deadline = Infinity;
    this.#health.watch(() => this.#endpoint?.ping());
    const waiting = [...this.#streams];
    const surplus = waiting.slice(this.#maxStreams);
    for (const stream of surplus) this.#streams.delete(stream);
    for (const stream of waiting.slice(0, this.#maxStreams)) stream.begin(this);
    if (surplus.length > 0) this.#deps.onOverflow(surplus);
    if (waiting.length === 0) this.#rest();
  }

  onControlFrame(): void {
    // Servers are trusted not to flood the gateway.
  }

  onRejected(): void {}

  onStreamClosed(): void {}

  onGoaway(lastStreamId: number, code: number): void {
    if (this.#state === 'open') this.#state = 'closing';
    const streams = [...this.#streams];
    const fault: ResponseFault = {
      code: 'connection_lost',
      reason: `the server closed the connection (${nameOfErrorCode(code)})`,
    };
    const isEnd = code !== errorCodes.noError;
    for (const stream of streams) {
      const isUnseen = stream.id === undefined || stream.id > lastStreamId;
      if (!isUnseen && !isEnd) continue;
      this.#streams.delete(stream);
      stream.lose(fault, isUnseen);
    }
    if (this.#streams.size === 0) this.#end();
  }

  onPong(): void {
    this.#health.onPong();
  }

  /** The endpoint has ended the connection, because of what the server has sent. */
  onClosed(code: number | undefined): void {
    if (code === undefined || this.#state === 'gone') return;
    this.#fail(
      this.#state === 'opening'
        ? { code: 'connect_failed', reason: 'the server does not speak HTTP/2' }
        : { code: 'response_invalid', reason: `frames that violate HTTP/2 (${nameOfErrorCode(code)})` },
    );
  }

  #onOpen(): void {
    if (this.#state === 'gone') return;
    const { limits, writeBuffers } = this.#deps;
    const protocol = (this.#socket as Partial<TLSSocket>).alpnProtocol;
    if (protocol !== undefined && protocol !== 'h2') {
      const streams = this.#takeStreams();
      this.#end();
      this.#deps.onHttp1(streams);
      return;
    }
    this.#endpoint = new Http2Endpoint(
      this.#socket,
      {
        role: 'client',
        settings: {
          enablePush: 0,
          initialWindowSize: streamWindowBytes,
          maxHeaderListSize: limits.maxHeadBytes,
        },
        connectionWindow: connectionWindowBytes,
        limits: { maxBytes: limits.maxHeadBytes, maxFields: maxHeaderFields },
        maxEncoderTableSize: defaultTableSize,
        buffers: writeBuffers,
      },
      this,
    );
  }

  /** The socket has closed. */
  #onLost(): void {
    if (this.#state === 'gone') return;
    const isOpening = this.#state === 'opening';
    this.#fail(
      this.#endpoint !== undefined && isOpening
        ? { code: 'connect_failed', reason: 'the server does not speak HTTP/2' }
        : this.#error === undefined
          ? { code: isOpening ? 'connect_failed' : 'connection_lost', reason: 'the connection was closed' }
          : toFault(this.#error, !isOpening, false),
    );
  }

  #rest(): void {
    this.deadline = this.#deps.deadlines.notAfter(Math.max(1, this.#deps.limits.idleMs));
    this.#deps.onIdle(this);
  }

  #fail(fault: ResponseFault): void {
    const streams = this.#takeStreams();
    this.#end();
    for (const stream of streams) stream.lose(fault, false);
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
    if (this.#endpoint === undefined) this.#socket.destroy();
    else this.#endpoint.fail(errorCodes.noError);
    this.#deps.onGone(this);
  }
}
