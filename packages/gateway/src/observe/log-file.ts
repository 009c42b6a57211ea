import { renameSync, statSync } from 'node:fs';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { LogFileConfig } from '../config/log-config.ts';
import { createBackups } from './log-backups.ts';
import { openSink, type Sink } from './sink.ts';

export interface LogFileOptions {
  readonly clock: Clock;
  /** Whether other processes write to the same file. */
  readonly shared: boolean;
  /** Whether this one of several processes rotates it; the others follow. */
  readonly rotates: boolean;
}

/** Number of written bytes after which the size of a file that others write to is checked. */
const checkBytes = 64 * 1024;
/** Milliseconds after which it is checked even if this process writes nothing. */
const checkMs = 1000;

/**
 * A log in a file that is rotated as in Traefik: when a line would make it larger than `maxBytes`, the file is renamed to
 * `NAME-2026-10-10T13-55-36.000.EXT` and compressed, and the oldest files are deleted.
 */
export async function openLogFile(config: LogFileConfig, options: LogFileOptions): Promise<Sink> {
  const { clock, shared, rotates } = options;
  const { path, maxBytes } = config;
  const file = await openSink(path);
  const backups = createBackups(config, clock);
  let opened = identify(path);
  let size = opened?.size ?? 0;
  let unchecked = 0;
  const reopen = (): void => {
    file.reopen();
    opened = undefined;
    size = 0;
    unchecked = 0;
  };
  const rotate = (): void => {
    try {
      renameSync(path, backups.nextName());
    } catch {
      // If the rotation fails, the log continues in the same file.
      size = 0;
      return;
    }
    reopen();
    void backups.tidy();
  };
  const look = (): void => {
    unchecked = 0;
    const found = identify(path);
    if (found === undefined) return;
    if (opened !== undefined && opened.id !== found.id) reopen();
    opened = found;
    size = found.size;
    if (rotates && size >= maxBytes) rotate();
  };
  let timer: Timer | undefined;
  const watch = (): void => {
    timer = clock.after(checkMs, () => {
      look();
      watch();
    });
  };
  if (shared) watch();
  return {
    write(text) {
      const bytes = Buffer.byteLength(text);
      unchecked += bytes;
      if (shared && unchecked >= checkBytes) look();
      if (rotates && size > 0 && size + bytes > maxBytes) rotate();
      size += bytes;
      file.write(text);
    },
    reopen() {
      reopen();
      size = identify(path)?.size ?? 0;
    },
    async close() {
      timer?.cancel();
      await file.close();
      await backups.tidied();
    },
  };
}

function identify(path: string): { readonly id: string; readonly size: number } | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && { id: `${found.dev}:${found.ino}`, size: found.size };
}
