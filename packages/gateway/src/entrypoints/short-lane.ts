import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import { createDeadlines, toTickMs, type Expiring } from '../http1/deadlines.ts';
import { createWriteText } from '../http1/write-text.ts';
import { gatewayRefusals, type Refusable } from '../pipeline/refusals.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { createAnswerTexts } from './answer-texts.ts';
import { createArrivingBody, type ArrivingBody, type Flow } from './arriving-body.ts';
import type { ConnectionFactsOf } from './connection-facts.ts';
import type { LaneDeps } from './node-lane.ts';
import { createReadBuffers } from '../http1/read-buffers.ts';
import { rejectConnection } from './reject-connection.ts';
import { ShortAnswer, type ShortConnection } from './short-answer.ts';
import { readShortRequest, type ShortHead } from './short-request.ts';
import { createReadFrom } from './socket-reads.ts';

export interface ShortLaneDeps extends Omit<LaneDeps, 'readFacts'> {
  readonly clock: Clock;
  readonly connectionOf: ConnectionFactsOf;
  /** Takes over a connection from which nothing of the request that is next has been read. */
  readonly toNodeLane: (socket: Socket) => void;
}

/**
 * Serves requests of the plain form, one after the other on each connection, without Node.js's HTTP server. The first that
 * is anything else goes to the other lane, and its connection with it.
 */
export interface ShortLane {
  /** Takes a new connection. */
  accept(socket: Socket): void;
  /** Closes connections that have had an answer and bring no request. */
  closeIdle(): void;
}

export function createShortLane(deps: ShortLaneDeps): ShortLane {
  const { activity, config } = deps;
  const { headerTimeoutMs, readTimeoutMs, idleTimeoutMs, maxHeaderBytes, maxBodyBytes } = config.transport;
  const firstMs = readTimeoutMs === 0 ? headerTimeoutMs : Math.min(headerTimeoutMs, readTimeoutMs);
  const deadlines = createDeadlines(deps.clock, toTickMs([firstMs, readTimeoutMs, idleTimeoutMs]));
  const texts = createAnswerTexts(deps.clock);
  const keepAlive =
    idleTimeoutMs > 0
      ? `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleTimeoutMs / 1000)}\r\n`
      : 'Connection: keep-alive\r\n';
  const scheme = config.tls === undefined ? 'http' : 'https';
  const idle = new Set<Socket>();
  const readFrom = createReadFrom(createReadBuffers());

  const accept = (socket: Socket): void => {
    /** The answer under way, until its request has come to its end, too. */
    let answer: ShortAnswer | undefined;
    let underWay: Refusable | undefined;
    let body: ArrivingBody | undefined;
    let isSettled = false;
    let isReading = false;
    /** The answer has been written while bytes were read. */
    let isWritten = false;
    let head: ShortHead | undefined;
    /** What has come beyond the request under way. */
    let held: Buffer | undefined;
    let isFirst = true;
    const expiring: Expiring = {
      deadline: Infinity,
      onExpired() {
        if (answer === undefined && isFirst) rejectConnection(socket, gatewayRefusals.request_timeout);
        else if (answer === undefined || answer.begun) socket.destroy();
        else {
          answer.last();
          underWay?.refuse(gatewayRefusals.request_timeout);
        }
      },
    };
    const leave = (): void => {
      deadlines.remove(expiring);
      idle.delete(socket);
    };
    const settle = (): void => {
      if (answer === undefined || isSettled) return;
      isSettled = true;
      close(answer);
      if (socket.destroyed) return;
      if (answer.isLast || activity.ending) {
        leave();
        socket.destroySoon();
      } else if (body?.complete === false) body.stop();
      else takeTurn();
    };
    const close = (closed: ShortAnswer): void => {
      closed.closed();
      activity.finish();
    };
    /** The next request's. */
    const takeTurn = (): void => {
      answer = undefined;
      body = undefined;
      reads.release();
      idle.add(socket);
      expiring.deadline = deadlines.notBefore(idleTimeoutMs);
      if (held === undefined) return;
      const bytes = held;
      held = undefined;
      socket.resume();
      onBytes(bytes, false);
    };
    const connection: ShortConnection = {
      socket,
      texts,
      keepAlive,
      writeText: createWriteText(socket),
      isEnding: () => activity.ending,
      written(error) {
        if (error) socket.destroy(error);
        // What has come is dealt with first.
        if (isReading) isWritten = true;
        else settle();
      },
    };
    const flow: Flow = {
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
      cut: () => void socket.destroy(),
    };
    const facts = deps.connectionOf(socket);
    /** More while a request is under way. */
    const takeMore = (bytes: Buffer): void => {
      let rest = bytes;
      if (body?.complete === false) rest = bytes.subarray(body.take(bytes));
      // What has come whole is not waited for any more.
      if (body?.complete === true && !isSettled) expiring.deadline = Infinity;
      if (rest.length > 0) {
        held = held === undefined ? rest : Buffer.concat([held, rest]);
        // Up to there it is read on, so that a caller that goes away is noticed.
        if (held.length > maxHeldBytes) socket.pause();
      }
      if (isSettled && body?.complete === true && answer?.isLast === false) takeTurn();
    };
    /** @param lent the bytes are gone when this has returned. */
    const onBytes = (bytes: Buffer, lent: boolean): void => {
      isReading = true;
      if (answer === undefined) begin(bytes, lent);
      else takeMore(lent ? Buffer.from(bytes) : bytes);
      isReading = false;
      if (!isWritten) return;
      isWritten = false;
      settle();
    };
    const begin = (bytes: Buffer, lent: boolean): void => {
      const request = readShortRequest(bytes, head, maxHeaderBytes);
      if (request === undefined) {
        handOver(lent ? Buffer.from(bytes) : bytes);
        return;
      }
      ({ head } = request);
      isFirst = false;
      idle.delete(socket);
      const { method, target, httpVersion } = request;
      const isHttp11 = httpVersion === '1.1';
      isSettled = false;
      const first = lent && request.body.length > 0 ? Buffer.from(request.body) : request.body;
      body = createArrivingBody(head.bodyBytes, first, flow);
      expiring.deadline = body.complete ? Infinity : deadlines.notBefore(readTimeoutMs);
      answer = new ShortAnswer(connection, method, isHttp11, !isHttp11 || head.connection === 'close');
      activity.begin();
      const refusal = activity.draining ? gatewayRefusals.gateway_draining : undefined;
      if (refusal !== undefined) answer.last();
      const question = target.indexOf('?');
      const requestFacts: RequestFacts = {
        entryPoint: config.name,
        method,
        target,
        path: question < 0 ? target : target.slice(0, question),
        query: question < 0 ? '' : target.slice(question + 1),
        host: head.host,
        authority: head.authority ?? '',
        scheme,
        rawHeaders: head.rawHeaders,
        reusesHeaders: request.repeats,
        remoteAddress: facts.remoteAddress,
        remotePort: facts.remotePort,
        localPort: facts.localPort,
        trusted: facts.trusted,
        authorization: head.authorization,
      };
      underWay = deps.handle({
        facts: requestFacts,
        httpVersion,
        body,
        answer,
        expectsContinue: false,
        upgrade: undefined,
        refusal,
        maxBodyBytes,
      });
    };
    const handOver = (bytes: Buffer): void => {
      leave();
      reads.stop();
      socket.off('end', onEnd).off('close', onClose).off('error', onError);
      socket.pause();
      socket.unshift(bytes);
      deps.toNodeLane(socket);
      socket.resume();
    };
    const onEnd = (): void => {
      // Who has sent its last word does not wait for an answer: Node.js takes it so, too.
      if (answer === undefined) socket.end();
      else socket.destroy();
    };
    const onClose = (): void => {
      leave();
      if (answer !== undefined && !isSettled) {
        isSettled = true;
        close(answer);
      }
    };
    const onError = (): void => {};
    socket.on('end', onEnd).on('close', onClose).on('error', onError);
    const reads = readFrom(socket, onBytes);
    deadlines.add(expiring);
    expiring.deadline = deadlines.notBefore(firstMs);
  };
  return {
    accept,
    closeIdle() {
      for (const socket of idle) socket.destroy();
    },
  };
}

/** Bytes of requests that wait for the answer to the one before. */
const maxHeldBytes = 64 * 1024;
