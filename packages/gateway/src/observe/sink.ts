import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pino } from 'pino';

/** Where lines go. */
export interface Sink {
  write(text: string): void;
  /** Reopens the file after it has been moved away (log rotation); does nothing for a file descriptor. */
  reopen(): void;
  /** Writes what is still held back. */
  close(): Promise<void>;
}

/** Bytes that may wait for a destination that does not take them; what comes beyond is dropped, the gateway goes on. */
const maxHeldBytes = 16 * 1024 * 1024;

/**
 * Opens a file, made with its folder when it is missing, or a file descriptor. Writes do not wait: what comes while the
 * system is busy goes out together in the next write.
 */
export async function openSink(destination: string | number): Promise<Sink> {
  if (typeof destination === 'string') await assertAppendable(destination);
  const stream = pino.destination({
    dest: destination,
    append: true,
    mkdir: typeof destination === 'string',
    sync: false,
    // Lines that several processes write to one pipe stay whole only up to this size (POSIX, PIPE_BUF on Linux). Files are
    // appended to in one step whatever the size.
    ...(typeof destination === 'number' && { maxWrite: 4096 }),
    maxLength: maxHeldBytes,
  });
  await new Promise<void>((resolve, reject) => {
    stream.once('ready', () => resolve());
    stream.once('error', reject);
  });
  // A full disk or a closed pipe costs lines, not requests.
  stream.on('error', () => {});
  let closed = false;
  return {
    write: (text) => void stream.write(text),
    reopen() {
      // A rotation may come while the process ends.
      if (typeof destination === 'string' && !closed) stream.reopen();
    },
    close: () =>
      new Promise((resolve) => {
        closed = true;
        stream.once('close', () => resolve());
        stream.once('error', () => resolve());
        stream.end();
      }),
  };
}

/** A stream of pino's that could not open its file throws at the end of the process: it is made only for one that can be opened. */
async function assertAppendable(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // A FIFO that nobody reads fails so (ENXIO); otherwise it would hold the start until somebody does.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  await (await open(path, flags)).close();
}
