import type { HealthRequest } from './health-request.ts';
import type { Pools } from './pools.ts';

/** A request of a health check in flight. */
export interface RunningRequest {
  /** Resolves when its connection is closed. */
  abort(): Promise<void>;
}

/** Maximum bytes of a response; a larger one is not that of a health check. */
const maxBytes = 1024;

/**
 * Calls `grpc.health.v1.Health/Check`.
 *
 * @param onResult called once: whether the server reports that it is serving. As in Traefik, any other status, or none, means that
 * it is not.
 */
export function sendGrpcCheck(
  pools: Pick<Pools, 'forOrigin'>,
  { origin, request }: HealthRequest,
  onResult: (isServing: boolean) => void,
): RunningRequest {
  const connections = pools.forOrigin(origin);
  const parts: Buffer[] = [];
  let bytes = 0;
  let status = 0;
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= connections.release());
  const finish = (isServing: boolean): void => {
    onResult(isServing);
    void release();
  };
  const call = connections.value.dispatch(request, {
    onInterim() {},
    onHead: (head) => void (status = head.status),
    onData(part, lent) {
      bytes += part.length;
      if (bytes <= maxBytes) parts.push(lent ? Buffer.from(part) : part);
    },
    onFlush: () => true,
    onEnd: (trailers) =>
      finish(status === 200 && isOk(trailers) && bytes <= maxBytes && isServing(Buffer.concat(parts))),
    // Health checks never send `Upgrade`.
    onUpgrade: (_head, socket) => void socket.destroy(),
    onFault: () => finish(false),
  });
  return {
    abort() {
      call.abort();
      return release();
    },
  };
}

/** Name and value in turn: `grpc-status` of OK. */
const isOk = (trailers: readonly string[]): boolean => trailers[trailers.indexOf('grpc-status') + 1] === '0';

/** Whether a message is a `HealthCheckResponse` with the status SERVING: five bytes of gRPC, then field 1 as a varint. */
function isServing(message: Buffer): boolean {
  if (message.length < 5 || message[0] !== 0 || message.readUInt32BE(1) !== message.length - 5) return false;
  let serving = false;
  // The last field of a number counts; this message has no other field.
  for (let at = 5; at + 1 < message.length; at += 2) {
    if (message[at] !== statusField) return false;
    serving = message[at + 1] === servingStatus;
  }
  return serving;
}

const statusField = 0x08;
const servingStatus = 1;
