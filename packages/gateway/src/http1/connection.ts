import type { Socket } from 'node:net';
import type { Deadlines, Expiring } from './deadlines.ts';
import type { Dialer } from './dial.ts';
import type { Fault } from './fault.ts';
import type { ReadBuffers } from './read-buffers.ts';
import { Job, type Jobs } from './job.ts';
import type { BodySink, Call, OutgoingRequest, ResponseHandler } from './request.ts';
import type { ResponseHead } from './response-head.ts';
import { createResponseParser } from './response-parser.ts';
import { writeText } from './write-text.ts';

export interface ClientLimits {
  /** Milliseconds to open a connection, TLS handshake included; 0: none. */
  readonly connectMs: number;
  /** Milliseconds from the end of the request to the head of the response; 0: none. */
  readonly headMs: number;
  /** Milliseconds between two parts of a response's body; 0: none. */
  readonly bodyIdleMs: number;
  /** Milliseconds that an idle connection is kept when the server does not say how long it keeps it. */
  readonly idleMs: number;
  /** Bytes of a response's head, and of its trailers. */
  readonly maxHeadBytes: number;
}

/** A connection that serves one request after the other, never two at once. */
export interface Connection {
  /** Sends a request as soon as the connection is open; it must not have another one. */
  send(request: OutgoingRequest, head: string, handler: ResponseHandler): Call;
  /** Closes an idle connection. */
  close(): void;
}

export interface ConnectionDeps {
  readonly dialer: Dialer;
  readonly limits: ClientLimits;
  readonly deadlines: Deadlines;
  readonly buffers: ReadBuffers;
  /** The server has sent bytes after a complete response. */
  onUnsolicited(): void;
  /** Free for another request. */
  onIdle(connection: Connection): void;
  /** Told once; the connection is of no more use. */
  onGone(connection: Connection): void;
}

/** What a server says about how long it keeps a connection is taken for that much less, in milliseconds... */
const idleMarginMs = 2_000;
/** ...and never for more than this. */
const maxIdleMs = 600_000;

/** @param once serves a single request, which may ask for another protocol. */
export function openConnection(deps: ConnectionDeps, once: boolean): Connection {
  const { limits, deadlines } = deps;
  const buffer = deps.buffers.forConnection();
  let job: Job | undefined;
  let open = false;
  let gone = false;
  let lent = false;
  /** The system has not yet taken the whole of a request. */
  let unsent = false;

  const leave = (): void => {
    if (gone) return;
    gone = true;
    parser.stop();
    deadlines.remove(expiring);
    deps.onGone(connection);
  };
  /** Ends the connection; without a fault, nobody is told. */
  const end = (fault?: Fault): void => {
    const mine = job;
    job = undefined;
    leave();
    // A server that is to see a request break off gets its head at least, as it would a moment later.
    if (open) socket.uncork();
    socket.destroy();
    if (mine === undefined) return;
    if (!mine.bodySent) mine.body?.stop();
    if (fault !== undefined) mine.handler.onFault(fault);
  };
  const expiring: Expiring = {
    deadline: Infinity,
    onExpired() {
      if (!open) end({ code: 'connect_timeout', reason: 'no connection in time' });
      else if (job?.answered === true)
        end({ code: 'body_timeout', reason: 'no further part of the body in time' });
      else end({ code: 'head_timeout', reason: 'no answer in time' });
    },
  };
  const parser = createResponseParser(limits.maxHeadBytes, {
    onInterim(head) {
      expiring.deadline = deadlines.notBefore(limits.headMs);
      job?.handler.onInterim(head);
    },
    onHead(head, repeats) {
      if (job === undefined) return;
      job.answered = true;
      job.idleSeconds = head.idleSeconds;
      expiring.deadline = deadlines.notBefore(limits.bodyIdleMs);
      job.handler.onHead(head, repeats);
    },
    onData(data) {
      job?.handler.onData(data, lent);
    },
    onUnsolicited: () => deps.onUnsolicited(),
    onEnd(trailers, reusable) {
      const mine = job;
      if (mine === undefined) return;
      job = undefined;
      buffer.release();
      if (!mine.bodySent) mine.body?.stop();
      // What is still to be sent would stand before the next request.
      if (reusable && mine.bodySent && !unsent && socket.writableLength === 0 && !once)
        rest(mine.idleSeconds);
      else end();
      mine.handler.onEnd(trailers);
    },
    onUpgrade(head, first) {
      handOver(head, first);
    },
  });

  const rest = (idleSeconds: number | undefined): void => {
    const ms =
      idleSeconds === undefined ? limits.idleMs : Math.min(idleSeconds * 1000 - idleMarginMs, maxIdleMs);
    if (ms <= 0) {
      end();
      return;
    }
    expiring.deadline = deadlines.notAfter(ms);
    deps.onIdle(connection);
  };
  const handOver = (head: ResponseHead, first: Buffer): void => {
    const mine = job;
    job = undefined;
    leave();
    socket.off('data', onBytes).off('end', onEnd).off('drain', onDrain).off('close', onClose);
    socket.pause();
    if (first.length > 0) socket.unshift(first);
    mine?.handler.onUpgrade(head, socket);
    socket.off('error', onError);
  };
  const onBytes = (bytes: Buffer): void => {
    const mine = job;
    // Late bytes look like the response to the next request, but may come too early for it. With a body, a response may as well.
    const isEarly = unsent && mine?.request.body === undefined;
    const wrong = isEarly ? 'a response before the request was sent' : parser.feed(bytes);
    if (wrong !== undefined) end({ code: 'answer_invalid', reason: wrong });
    if (mine === undefined || mine !== job) return;
    if (!mine.answered) return;
    mine.paused = !mine.handler.onFlush();
    // It is not the server that is waited for.
    expiring.deadline = mine.paused ? Infinity : deadlines.notBefore(limits.bodyIdleMs);
  };
  const onEnd = (): void => {
    const wrong = parser.finish();
    end(wrong === undefined ? undefined : { code: 'connection_lost', reason: wrong });
  };
  const onDrain = (): void => {
    if (job === undefined || job.bodySent) return;
    if (!job.answered) expiring.deadline = Infinity;
    job.body?.resume();
  };
  const onError = (error: NodeJS.ErrnoException): void => end(toFault(error, open, job?.answered ?? false));
  const onClose = (): void => end({ code: 'connection_lost', reason: 'the connection was closed' });
  const onWritten = (error?: Error | null): void => {
    unsent = false;
    if (error) socket.destroy(error);
  };

  const write = (mine: Job): void => {
    const { body } = mine;
    parser.expect(mine.request);
    if (body === undefined) {
      expiring.deadline = deadlines.notBefore(limits.headMs);
      unsent = true;
      writeText(socket, mine.head, onWritten);
      return;
    }
    // No time limit while the caller's body comes; `createSink` sets one while the server does not take it.
    expiring.deadline = Infinity;
    // What has already come of the body goes out together with the head.
    socket.cork();
    socket.write(mine.head, 'latin1');
    body.start(createSink(mine, body.length));
    process.nextTick(() => socket.uncork());
  };
  const createSink = (mine: Job, length: number | undefined): BodySink => {
    let left = length ?? Infinity;
    const mismatch = (): void =>
      end({ code: 'request_invalid', reason: 'a body that is not as long as announced' });
    return {
      write(part) {
        if (job !== mine || part.length === 0) return job === mine;
        left -= part.length;
        if (left < 0) {
          mismatch();
          return false;
        }
        const taken = length === undefined ? writeChunk(socket, part) : socket.write(part);
        if (!taken && !mine.answered) expiring.deadline = deadlines.notBefore(limits.headMs);
        return taken;
      },
      end() {
        if (job !== mine) return;
        if (length !== undefined && left > 0) {
          mismatch();
          return;
        }
        mine.bodySent = true;
        if (length === undefined) socket.write('0\r\n\r\n', 'latin1');
        if (!mine.answered) expiring.deadline = deadlines.notBefore(limits.headMs);
      },
    };
  };
  const jobs: Jobs = {
    abort(mine) {
      if (job === mine) end();
    },
    resume(mine) {
      if (job !== mine || !mine.paused) return;
      mine.paused = false;
      expiring.deadline = deadlines.notBefore(limits.bodyIdleMs);
      socket.resume();
    },
  };
  const connection: Connection = {
    send(request, head, handler) {
      const mine = new Job(request, head, handler, jobs);
      job = mine;
      if (open) write(mine);
      return mine;
    },
    close: () => end(),
  };

  const socket: Socket = deps.dialer.dial(
    once
      ? undefined
      : {
          buffer: () => buffer.next(),
          onBytes(length, bytes) {
            lent = buffer.lends(length);
            onBytes(length === bytes.length ? bytes : bytes.subarray(0, length));
            return job?.paused !== true;
          },
        },
    () => {
      open = true;
      if (job !== undefined) write(job);
    },
  );
  deadlines.add(expiring);
  expiring.deadline = deadlines.notBefore(limits.connectMs);
  socket.on('error', onError).on('close', onClose).on('end', onEnd).on('drain', onDrain);
  if (once)
    socket.on('data', (bytes: Buffer) => {
      onBytes(bytes);
      if (job?.paused === true) socket.pause();
    });
  return connection;
}

function writeChunk(socket: Socket, part: Buffer): boolean {
  socket.cork();
  socket.write(`${part.length.toString(16)}\r\n`, 'latin1');
  socket.write(part);
  const taken = socket.write('\r\n', 'latin1');
  socket.uncork();
  return taken;
}

function toFault(error: NodeJS.ErrnoException, open: boolean, answered: boolean): Fault {
  const reason = error.code ?? error.name;
  if (error.code !== 'ETIMEDOUT') return { code: open ? 'connection_lost' : 'connect_failed', reason };
  return { code: !open ? 'connect_timeout' : answered ? 'body_timeout' : 'head_timeout', reason };
}
