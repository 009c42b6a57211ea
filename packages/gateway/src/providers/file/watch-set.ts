import { resolve } from 'node:path';
import type { FileWatch, FileWatchOptions } from './watch.ts';
import { watchFiles } from './watch.ts';

/** Watches files of which there are others from time to time: those that secrets and certificates are in. */
export interface WatchSet {
  /** The files from now on. One that is new may have changed before it was watched: that counts as a change. */
  watch(paths: ReadonlySet<string>): void;
  close(): void;
}

export function createWatchSet(
  options: Pick<FileWatchOptions, 'clock' | 'onChange' | 'onUnwatched'>,
): WatchSet {
  let watched: ReadonlySet<string> = new Set();
  let watching: FileWatch | undefined;
  let closed = false;
  const start = async (paths: ReadonlySet<string>): Promise<void> => {
    const next = await watchFiles(
      Array.from(paths, (path) => resolve(path)),
      options,
    );
    if (closed || paths !== watched) {
      next.close();
      return;
    }
    watching?.close();
    watching = next;
    options.onChange();
  };
  return {
    watch(paths) {
      if (paths.size === watched.size && [...paths].every((path) => watched.has(path))) return;
      watched = paths;
      void start(paths);
    },
    close() {
      closed = true;
      watching?.close();
    },
  };
}
