import { resolve } from 'node:path';
import type { FileWatch, FileWatchOptions } from './watch.ts';
import { watchFiles } from './watch.ts';

/** Watches a changing set of files: those that contain secrets and certificates. */
export interface WatchSet {
  /** Sets the files to watch. A new file may have changed before it was watched, so it counts as a change. */
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
