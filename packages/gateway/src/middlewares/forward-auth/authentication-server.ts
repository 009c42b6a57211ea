import type { Clock } from '@grantgate/middleware/base/clock';
import type { ServerTls } from '../../http1/client/dial.ts';
import type { Pool } from '../../http1/client/pool.ts';
import type { OutgoingRequest } from '../../http1/client/request.ts';
import type { ResponseHead } from '../../http1/client/response-head.ts';
import { createPoolOpener } from '../../http2/client/pool-opener.ts';
import type { AuthResponse } from './auth-response.ts';

/** Reason for a missing or unusable response, for the log. */
export interface NoResponse {
  readonly fault: 'unreachable' | 'too_large';
  readonly reason: string;
}

/** The authentication server of one middleware. */
export interface AuthenticationServer {
  readonly ask: (request: OutgoingRequest) => Promise<AuthResponse | NoResponse>;
  close(): Promise<void>;
}

/** Milliseconds for a whole response, as in Traefik. */
const withinMs = 30_000;

const limits = {
  connectMs: withinMs,
  headMs: withinMs,
  bodyIdleMs: withinMs,
  // Shorter than the keep-alive of common servers.
  idleMs: 4_000,
  maxIdle: 200,
  maxHeadBytes: 1024 * 1024,
  // As in Go: no PING on its own.
  readIdleMs: 0,
  pingMs: 15_000,
};

/** @param maxBytes maximum size of a response's body; -1: no limit. */
export function openAuthenticationServer(
  origin: string,
  tls: ServerTls | undefined,
  { clock, maxBytes }: { readonly clock: Clock; readonly maxBytes: number },
): AuthenticationServer {
  const openPool = createPoolOpener(clock, { tls, disablesHttp2: false }, { http1: limits, http2: limits });
  const pool = openPool(origin);
  return {
    close: () => pool.close(),
    async ask(request) {
      const first = await askOnce(pool, request, clock, maxBytes);
      // A server may close a connection just as it is reused. The request can safely be repeated.
      return 'isLost' in first && first.isLost ? askOnce(pool, request, clock, maxBytes) : first;
    },
  };
}

function askOnce(
  pool: Pool,
  request: OutgoingRequest,
  clock: Clock,
  maxBytes: number,
): Promise<AuthResponse | (NoResponse & { readonly isLost: boolean })> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let head: ResponseHead | undefined;
    let bytes = 0;
    const fail = (fault: NoResponse['fault'], reason: string, isLost = false): void => {
      limit.cancel();
      resolve({ fault, reason, isLost });
    };
    const limit = clock.after(withinMs, () => {
      call.abort();
      fail('unreachable', 'no complete response in time');
    });
    const call = pool.dispatch(request, {
      onInterim() {},
      onHead: (received) => void (head = received),
      onData(part, lent) {
        bytes += part.length;
        if (maxBytes < 0 || bytes <= maxBytes) parts.push(lent ? Buffer.from(part) : part);
      },
      onFlush() {
        if (maxBytes >= 0 && bytes > maxBytes) {
          call.abort();
          fail('too_large', `a body of more than ${maxBytes} bytes`);
        }
        return true;
      },
      onEnd() {
        if (maxBytes >= 0 && bytes > maxBytes) fail('too_large', `a body of more than ${maxBytes} bytes`);
        else if (head !== undefined) {
          limit.cancel();
          resolve({ head, body: Buffer.concat(parts) });
        }
      },
      // These requests never ask for another protocol.
      onUpgrade: (_head, socket) => void socket.destroy(),
      onFault: ({ code, reason }) =>
        fail('unreachable', reason, code === 'connection_lost' && head === undefined),
    });
  });
}
