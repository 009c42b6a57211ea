import type { FSWatcher } from 'node:fs';
import { statSync, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';

export interface WatchOptions {
  /** Called once when changes have settled for `settleMs`. */
  readonly onChange: () => void;
  readonly clock: Clock;
  /** Milliseconds without a further change; default 100. */
  readonly settleMs?: number;
}

export interface FileWatch {
  close(): void;
}

/**
 * Watches files and directories, those with everything below them. Directories are watched, never files: editors replace a file by
 * renaming another over it, and Kubernetes swaps the link `..data` beside it.
 */
export async function watchFiles(paths: readonly string[], options: WatchOptions): Promise<FileWatch> {
  const { onChange, clock, settleMs = 100 } = options;
  const watchers = new Map<string, FSWatcher>();
  let timer: Timer | undefined;
  let closed = false;
  const close = (): void => {
    closed = true;
    timer?.cancel();
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  };
  const changed = (): void => {
    if (closed) return;
    timer?.cancel();
    timer = clock.after(settleMs, () => {
      // Directories may have come or gone.
      void refresh().then(() => {
        if (!closed) onChange();
      });
    });
  };
  const refresh = async (): Promise<void> => {
    const folders = new Set<string>();
    for (const path of paths) await collectFolders(path, folders);
    if (closed) return;
    for (const [folder, watcher] of watchers)
      if (!folders.has(folder)) {
        watcher.close();
        watchers.delete(folder);
      }
    for (const folder of folders) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, changed);
        // A folder that is removed: the next refresh looks again.
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(folder);
          changed();
        });
        watchers.set(folder, watcher);
      } catch {
        // Gone since it was listed; its parent is watched too.
      }
    }
  };
  await refresh();
  return { close };
}

async function collectFolders(path: string, folders: Set<string>): Promise<void> {
  // The folder around it sees a file replaced, and a directory created again.
  folders.add(dirname(path));
  if (isDirectory(path)) await collectBelow(path, folders);
}

async function collectBelow(folder: string, folders: Set<string>): Promise<void> {
  folders.add(folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries)
    if (entry.isDirectory() && !entry.name.startsWith('.'))
      await collectBelow(join(folder, entry.name), folders);
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
