import type { Socket } from 'node:net';
import type { ServerInterceptor, ServerListener } from '@grpc/grpc-js';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { TransportConfig } from '../../config/entry-point-config.ts';
import type { Grpc } from './load-grpc.ts';

/** Closes connections of callers that exceed a time limit. */
export interface SlowCallers {
  /**
   * Gives a connection `headerTimeoutMs` until its first call: for the TLS handshake, the HTTP/2 preface and the head of the call.
   */
  connected(socket: Socket): void;
  /**
   * Gives a call `readTimeoutMs` to arrive. Envoy abandons a call much sooner, but only closing its connection frees the memory of
   * a call that never arrives.
   */
  readonly interceptor: ServerInterceptor;
  /** Closes the connections that have not made a call yet. */
  close(): void;
}

interface GrpcConnection {
  readonly socket: Socket;
  /** Undefined once it has made a call. */
  untilFirstCall: Timer | undefined;
}

/** The gRPC server has no such limits itself. */
export function createSlowCallers(
  grpc: Grpc,
  clock: Clock,
  { headerTimeoutMs, readTimeoutMs }: Pick<TransportConfig, 'headerTimeoutMs' | 'readTimeoutMs'>,
): SlowCallers {
  const connections = new Map<string, GrpcConnection>();
  return {
    connected(socket) {
      const caller = toCaller(socket);
      const end = (): void => void socket.destroy();
      const connection: GrpcConnection = { socket, untilFirstCall: clock.after(headerTimeoutMs, end) };
      connections.set(caller, connection);
      socket.on('error', end).once('close', () => {
        connection.untilFirstCall?.cancel();
        connections.delete(caller);
      });
    },
    interceptor(_method, call) {
      const connection = connections.get(toCaller(call.getConnectionInfo()));
      connection?.untilFirstCall?.cancel();
      if (connection !== undefined) connection.untilFirstCall = undefined;
      const limit =
        readTimeoutMs === 0 ? undefined : clock.after(readTimeoutMs, () => connection?.socket.destroy());
      const stop = (): void => limit?.cancel();
      const listener: ServerListener = {
        onReceiveHalfClose(next) {
          stop();
          next();
        },
        onCancel: stop,
      };
      return new grpc.ServerInterceptingCall(call, { start: (next) => next(listener) });
    },
    close() {
      for (const { socket, untilFirstCall } of connections.values())
        if (untilFirstCall !== undefined) socket.destroy();
    },
  };
}

const toCaller = ({
  remoteAddress,
  remotePort,
}: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): string => `${remoteAddress} ${remotePort}`;
