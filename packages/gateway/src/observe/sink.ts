import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pino } from 'pino';

/** Destination of lines. */
export interface Sink {
  write(text: string): void;
  /** Reopens the file after it has been moved (log rotation); does nothing for a file descriptor. */
  reopen(): void;
  /** Writes the buffered lines. */
  close(): Promise<void>;
}

/** Maximum number of bytes that wait for a slow destination; further lines are dropped, and the gateway continues. */
const maxHeldBytes = 16 * 1024 * 1024;

/**
 * Opens a file, which is created with its folder when it is missing, or a file descriptor. Writes do not block: lines that arrive
 * while the system is busy go out together in the next write.
 */
export async function openSink(destination: string | number): Promise<Sink> {
  if (typeof destination === 'string') await assertAppendable(destination);
  const stream = pino.destination({
    dest: destination,
    append: true,
    mkdir: typeof destination === 'string',
    sync: false,
    // Lines that several processes write to one pipe stay intact only up to this size (POSIX, PIPE_BUF on Linux). Appending to a
    // file is atomic whatever the size.
    ...(typeof destination === 'number' && { maxWrite: 4096 }),
    maxLength: maxHeldBytes,
  });
  await new Promise<void>((resolve, reject) => {
    stream.once('ready', () => resolve());
    stream.once('error', reject);
  });
  // A full disk or a closed pipe loses lines, not requests.
  stream.on('error', () => {});
  let closed = false;
  return {
    write: (text) => void stream.write(text),
    reopen() {
      // A rotation may happen while the process exits.
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

/** A stream of pino that could not open its file throws when the process exits: create it only for a file that can be opened. */
async function assertAppendable(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // A FIFO without a reader fails here (ENXIO); otherwise it would block the start until it has one.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  await (await open(path, flags)).close();
}
