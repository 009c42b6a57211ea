import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';

/**
 * Reads the first bytes of a new connection and returns them to it. A connection that ends, fails or takes too long before
 * that is closed.
 * @param judge called with all bytes so far; undefined: more are needed.
 * @param take called once the bytes have been returned.
 * @param consumedBy number of bytes that are not returned; default: none.
 * @param limitMs milliseconds.
 */
export function readFirstBytes<T>(
  socket: Socket,
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
  judge: (bytes: Buffer) => T | undefined,
  take: (judged: T) => void,
  consumedBy: (judged: T) => number = () => 0,
): void {
  const chunks: Buffer[] = [];
  const limit = clock.after(limitMs, () => socket.destroy());
  const cut = (): void => void socket.destroy();
  const finish = (): void => {
    limit.cancel();
    socket.off('data', onData).off('end', cut).off('error', cut).off('close', finish);
  };
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    const judged = judge(bytes);
    if (judged === undefined) return;
    finish();
    socket.pause();
    const rest = bytes.subarray(consumedBy(judged));
    if (rest.length > 0) socket.unshift(rest);
    take(judged);
    // In the next turn: a TLS connection reads the available bytes in its own first turn, and would otherwise lose them to the
    // stream.
    process.nextTick(() => socket.resume());
  };
  socket.on('data', onData).on('end', cut).on('error', cut).on('close', finish);
}
