import type { Clock } from '@grantgate/middleware/base/clock';

/** Requests of a worker that its primary carries out for all workers. */
export interface RequestLink<Request, Reply> {
  /** Rejects when the primary does not reply in time, or has no reply. */
  request(request: Request): Promise<Reply>;
  /** Receives a reply of the primary; undefined when it has none. */
  take(id: number, reply: Reply | undefined): void;
}

/** Milliseconds. The primary itself waits for workers for one second. */
const withinMs = 5_000;

/** @param send passes a request on to the primary, which replies under the same number. */
export function createRequestLink<Request, Reply>(
  send: (id: number, request: Request) => void,
  clock: Clock,
): RequestLink<Request, Reply> {
  const waiting = new Map<number, (reply: Reply | undefined) => void>();
  let ids = 0;
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        const id = (ids += 1);
        const limit = clock.after(withinMs, () => take(undefined));
        const take = (reply: Reply | undefined): void => {
          limit.cancel();
          waiting.delete(id);
          if (reply === undefined) reject(new Error('no reply from the primary'));
          else resolve(reply);
        };
        waiting.set(id, take);
        send(id, request);
      }),
    take: (id, reply) => waiting.get(id)?.(reply),
  };
}
