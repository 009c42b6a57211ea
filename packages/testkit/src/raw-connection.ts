import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { inTime } from './until.ts';

/** A connection that sends and shows bytes unchanged. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received so far, as Latin-1. */
  text(): string;
  send(text: string | Buffer): void;
  /** Resolves when the received bytes match; rejects when the connection ends first, or after a time limit. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with all received bytes when the other side has closed the connection; rejects after a time limit. */
  closed(): Promise<string>;
  /**
   * Sends this repeatedly until the other side has closed the connection; rejects after 64 MiB, which is more than the system's
   * buffers can hold. Resolves with all received bytes.
   */
  flood(part: string | Buffer): Promise<string>;
}

/** Number of bytes that `flood` sends. */
const maxFloodBytes = 64 * 1024 * 1024;

export async function openRaw(port: number, text?: string | Buffer): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' });
  return observe(socket, 'connect', text);
}

export async function observe(
  socket: Socket,
  ready: string | undefined,
  text?: string | Buffer,
): Promise<RawConnection> {
  let received = '';
  let ended = false;
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => {});
  const finish = (): void => {
    ended = true;
    wake();
  };
  socket.on('end', finish);
  socket.on('close', finish);
  const isFlooded = (): boolean => socket.bytesWritten - socket.writableLength > maxFloodBytes;
  /** Checks after each event on the connection whether `isSo` is true. */
  const when = (isSo: () => boolean, awaited: string): Promise<string> => {
    const shown = (): string => JSON.stringify(received.slice(0, 2000));
    const whole = new Promise<string>((resolve, reject) => {
      const watcher = (): void => {
        if (isSo()) resolve(received);
        else if (ended) reject(new Error(`the connection ended before ${awaited}: ${shown()}`));
        else if (isFlooded())
          reject(new Error(`more than ${maxFloodBytes} bytes were taken before ${awaited}`));
        else return;
        watchers.delete(watcher);
      };
      watchers.add(watcher);
      watcher();
    });
    return inTime(whole, () => `${awaited}, after ${received.length} bytes: ${shown()}`);
  };
  if (ready !== undefined) await once(socket, ready);
  if (text !== undefined) socket.write(text, 'latin1');
  return {
    socket,
    text: () => received,
    send: (more) => void socket.write(more, 'latin1'),
    until: (pattern) => when(() => pattern.test(received), String(pattern)),
    closed: () => when(() => ended, 'the end of the connection'),
    flood(part) {
      const feed = (): void => {
        while (!socket.destroyed && !isFlooded() && socket.write(part, 'latin1'));
        if (isFlooded()) wake();
        else if (!socket.destroyed) socket.once('drain', feed);
      };
      feed();
      return when(() => ended, 'the end of the connection');
    },
  };
}
