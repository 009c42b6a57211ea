import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';

/**
 * Reads the first bytes of a new connection and gives them back to it. A connection that ends, fails or takes too long before
 * enough has come is cut.
 *
 * @param judge called with everything that has come; undefined: more is needed.
 * @param take called once the bytes have been given back.
 * @param consumedBy how many of the bytes the connection does not get back; default: none.
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
    // Later: a TLS connection reads what has come in its own first turn, and would lose it to the stream.
    process.nextTick(() => socket.resume());
  };
  socket.on('data', onData).on('end', cut).on('error', cut).on('close', finish);
}
