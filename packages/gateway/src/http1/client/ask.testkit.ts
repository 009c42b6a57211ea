import type { ResponseFault } from './fault.ts';
import type { Pool } from './pool.ts';
import type { RequestControl, OutgoingRequest } from './request.ts';

/** Outcome of a request. */
export interface ResponseOutcome {
  readonly interim: readonly number[];
  /** 0: no head arrived. */
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  /** As Latin-1. */
  readonly body: string;
  readonly trailers: readonly string[];
  /** Undefined for a complete response. */
  readonly fault: ResponseFault | undefined;
}

export const get: OutgoingRequest = {
  method: 'GET',
  target: '/',
  headers: ['Host', 'a.example'],
  body: undefined,
  upgrade: undefined,
};

/**
 * @param onCall called once, with the request's handle.
 * @param onPart called for an interim response, and when no more has arrived for now.
 */
export function ask(
  pool: Pool,
  request: Partial<OutgoingRequest> = {},
  onCall: (call: RequestControl) => void = () => {},
  onPart: () => void = () => {},
): Promise<ResponseOutcome> {
  return new Promise((resolve) => {
    const interim: number[] = [];
    const seen = { status: 0, reason: '', headers: [] as readonly string[], body: '' };
    const finish = (trailers: readonly string[], fault: ResponseFault | undefined): void =>
      resolve({ ...seen, interim, trailers, fault });
    onCall(
      pool.dispatch(
        { ...get, ...request },
        {
          onInterim({ status }) {
            interim.push(status);
            onPart();
          },
          onHead: ({ status, reason, headers }) => void Object.assign(seen, { status, reason, headers }),
          onData: (part) => void (seen.body += part.toString('latin1')),
          onFlush() {
            onPart();
            return true;
          },
          onEnd: (trailers) => finish(trailers, undefined),
          onUpgrade({ status, headers }, socket) {
            Object.assign(seen, { status, headers });
            seen.body = String((socket.read() as Buffer | null) ?? '');
            socket.destroy();
            finish([], undefined);
          },
          onFault: (fault) => finish([], fault),
        },
      ),
    );
  });
}
