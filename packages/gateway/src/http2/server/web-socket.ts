import { createHash, randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { valueIn } from '../../http1/message/header-list.ts';
import type { CallerSocket } from '../../proxy/upgrade.ts';
import { errorCodes } from '../frames/error-code.ts';
import type { CallerStreamConnection, StreamResponse } from './stream-response.ts';

/** A WebSocket on a stream (RFC 8441). */
export interface WebSocketStream {
  readonly upgrade: CallerSocket;
  /** Headers of the request, with the key that HTTP/1.1 needs and HTTP/2 does not have. */
  readonly rawHeaders: readonly string[];
}

/** @param rawHeaders of the request, name in lower case and value in turn. */
export function createWebSocketStream(
  response: StreamResponse,
  protocol: string,
  rawHeaders: readonly string[],
  connection: CallerStreamConnection,
): WebSocketStream {
  const key = randomBytes(16).toString('base64');
  return {
    rawHeaders: [...without(rawHeaders, keyName), keyName, key],
    upgrade: {
      protocol,
      socket: createStreamSocket(response, connection),
      head: Buffer.alloc(0),
      accept(headers) {
        if (valueIn(headers, acceptName) !== toAccept(key)) response.cut();
        else response.accept(without(headers, acceptName));
      },
      end: () => response.finish(),
      // RFC 8441 section 5: for a connection that is reset.
      cut: () => response.reset(errorCodes.cancel),
      written: (bytes) => response.written(bytes),
      onBlocked: () => connection.onPending(response),
    },
  };
}

/** The bytes of a WebSocket, as those of a connection. */
function createStreamSocket(response: StreamResponse, connection: CallerStreamConnection): Duplex {
  const { stream } = response;
  const socket = new Duplex({
    read: () => stream.resume(),
    write(part: Buffer, _encoding, done) {
      if (stream.write(part, true)) done();
      else response.onceDrained(done);
    },
    final(done) {
      response.finish();
      done();
    },
  });
  response.receiver = {
    take(part) {
      connection.usefulBytes += part.length;
      if (!socket.push(Buffer.from(part))) stream.pause();
    },
    end: () => void socket.push(null),
    close: (code) =>
      void socket.destroy(
        code === undefined || code === errorCodes.noError ? undefined : new Error('the stream was reset'),
      ),
  };
  return socket;
}

const keyName = 'sec-websocket-key';
const acceptName = 'sec-websocket-accept';

const without = (headers: readonly string[], name: string): readonly string[] =>
  headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== name);

/** RFC 6455 section 4.2.2. */
const toAccept = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
