import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import { isRouteFile } from './files.ts';

export interface FileWatchOptions {
  /** Called once when changes have settled for `settleMs`, and at the latest after ten times that. */
  readonly onChange: () => void;
  readonly clock: Clock;
  /** Milliseconds without a further change; default 100. */
  readonly settleMs?: number;
  /**
   * Called for the first directory that the system cannot watch, usually because a limit is reached (`ENOSPC`: `fs.inotify`,
   * `EMFILE`: open files), with the reason. From then on such directories are polled every `pollMs`.
   */
  readonly onUnwatched?: (folder: string, code: string) => void;
  /** Milliseconds; default 2000. */
  readonly pollMs?: number;
  /** Default: that of `node:fs`. */
  readonly watch?: typeof watch;
}

export interface FileWatch {
  close(): void;
}

/** A folder to watch. */
interface Folder {
  /** Identity of the folder: a folder that was removed and created again is a different one, and its old watcher receives no events. */
  readonly identity: string;
  /** Relevant names in it; undefined: those of route files and of possible folders. */
  readonly names: ReadonlySet<string> | undefined;
}

interface DirectoryWatch {
  readonly watcher: FSWatcher;
  readonly identity: string;
}

/**
 * Watches files and directories, including everything below these. Only directories are watched, because editors replace a file by
 * renaming another over it, and Kubernetes swaps the link `..data` beside it. Other files there, such as a log, do not count.
 */
export async function watchFiles(paths: readonly string[], options: FileWatchOptions): Promise<FileWatch> {
  const { onChange, clock, settleMs = 100, pollMs = 2000, onUnwatched, watch: watchFolder = watch } = options;
  const watchings = new Map<string, DirectoryWatch>();
  let folders: ReadonlyMap<string, Folder> = new Map();
  let isTold = false;
  let closed = false;
  // Directories may have appeared or disappeared.
  const settling = createSettling(clock, settleMs, () => {
    void refresh().then(() => {
      if (!closed) onChange();
    });
  });
  const polling = createPolling(clock, pollMs, () => settling.changed());
  const drop = (folder: string): void => {
    watchings.get(folder)?.watcher.close();
    watchings.delete(folder);
  };
  const add = (folder: string, identity: string): void => {
    const watcher = watchFolder(folder, { persistent: false }, (event, name) => {
      if (matters(folders.get(folder), event, name)) settling.changed();
    });
    // Reports a removed folder; the next refresh handles it.
    watcher.on('error', () => {
      drop(folder);
      settling.changed();
    });
    watchings.set(folder, { watcher, identity });
  };
  const refresh = async (): Promise<void> => {
    const found = new Map<string, Folder>();
    for (const path of paths) await collectFolders(path, found);
    if (closed) return;
    folders = found;
    const refused = new Map<string, string>();
    for (const [folder, { identity }] of watchings)
      if (found.get(folder)?.identity !== identity) drop(folder);
    for (const [folder, { identity }] of found) {
      if (watchings.has(folder)) continue;
      try {
        add(folder, identity);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
        // Removed since it was listed; its parent is watched too.
        if (code !== 'ENOENT') refused.set(folder, code);
      }
    }
    const [first] = refused;
    if (first !== undefined && !isTold) {
      isTold = true;
      onUnwatched?.(...first);
    }
    await polling.replace(new Map([...refused.keys()].map((folder) => [folder, found.get(folder)?.names])));
  };
  await refresh();
  return {
    close() {
      closed = true;
      settling.close();
      polling.close();
      for (const folder of [...watchings.keys()]) drop(folder);
    },
  };
}

/** Combines changes in quick succession. */
interface Debouncer {
  changed(): void;
  close(): void;
}

/** @param onSettled called `settleMs` after the last change, and at the latest after ten times that. */
function createSettling(clock: Clock, settleMs: number, onSettled: () => void): Debouncer {
  let timer: Timer | undefined;
  let firstChange: number | undefined;
  let closed = false;
  return {
    changed() {
      if (closed) return;
      timer?.cancel();
      firstChange ??= clock.monotonic();
      // A file that changes continuously must not delay the others indefinitely.
      const left = firstChange + 10 * settleMs - clock.monotonic();
      timer = clock.after(Math.max(0, Math.min(settleMs, left)), () => {
        firstChange = undefined;
        onSettled();
      });
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

/** Relevant names in folders that cannot be watched, as in `Folder`. */
type FolderNames = ReadonlyMap<string, Folder['names']>;

/** Polls folders that cannot be watched. */
interface FolderPoller {
  /** Sets the folders; resolves when they have been read. */
  replace(folders: FolderNames): Promise<void>;
  close(): void;
}

function createPolling(clock: Clock, pollMs: number, onChange: () => void): FolderPoller {
  let folders: FolderNames = new Map();
  /** Last state of each folder. */
  let seen: ReadonlyMap<string, string> = new Map();
  let timer: Timer | undefined;
  let closed = false;
  const look = async (paths: FolderNames): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    for (const [path, names] of paths) found.set(path, await describeFolder(path, names));
    return found;
  };
  const pollLater = (): void => {
    timer?.cancel();
    if (folders.size > 0 && !closed) timer = clock.after(pollMs, () => void poll());
  };
  const poll = async (): Promise<void> => {
    const before = seen;
    const now = await look(folders);
    if (isClosed() || seen !== before) return;
    seen = now;
    pollLater();
    if ([...now].some(([path, text]) => before.get(path) !== text)) onChange();
  };
  const isClosed = (): boolean => closed;
  return {
    async replace(next) {
      folders = next;
      seen = await look(next);
      pollLater();
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

/** Relevant names in a folder, with values that change when the entry changes. */
async function describeFolder(path: string, names: ReadonlySet<string> | undefined): Promise<string> {
  const listed = names ?? (await readdir(path).catch(() => [])).filter((name) => !name.startsWith('.'));
  const seen: string[] = [];
  for (const name of listed) {
    const found = await stat(join(path, name), { bigint: true }).catch(() => undefined);
    if (found === undefined) continue;
    const { dev, ino, size, mtimeNs, ctimeNs } = found;
    seen.push([name, dev, ino, size, mtimeNs, ctimeNs].join(':'));
  }
  return seen.sort().join('/');
}

function matters(folder: Folder | undefined, event: string, name: string | null): boolean {
  if (name === null || name.startsWith('..')) return true;
  if (folder?.names !== undefined) return folder.names.has(name);
  // An entry that appears, disappears or is renamed may be a folder.
  return isRouteFile(name) || event === 'rename';
}

async function collectFolders(path: string, folders: Map<string, Folder>): Promise<void> {
  const target = await stat(path).catch(() => undefined);
  // The parent folder reports a replaced file and a recreated directory; if the parent does not exist, the nearest existing one does.
  await addAround(path, folders);
  if (target?.isDirectory() === true) {
    await addTarget(path, folders);
    await collectBelow(path, folders);
  } else if (target !== undefined) await addTarget(path, folders);
}

async function addAround(path: string, folders: Map<string, Folder>): Promise<void> {
  const folder = dirname(path);
  if (folder === path) return;
  const identity = await identify(folder);
  if (identity === undefined) await addAround(folder, folders);
  else addName(folders, folder, identity, basename(path));
}

function addName(folders: Map<string, Folder>, folder: string, identity: string, name: string): void {
  const before = folders.get(folder);
  if (before === undefined || before.names !== undefined)
    folders.set(folder, { identity, names: new Set([...(before?.names ?? []), name]) });
}

/**
 * The target of a link may change in place, and so may every link on the way, such as that of a release (`current`) or
 * `..data` of a Kubernetes volume.
 */
async function addTarget(path: string, folders: Map<string, Folder>): Promise<void> {
  const real = await realpath(path).catch(() => path);
  if (real === path) return;
  await addAround(real, folders);
  await addLinks(path, folders, maxLinks);
}

/** Linux follows as many. */
const maxLinks = 40;

async function addLinks(path: string, folders: Map<string, Folder>, left: number): Promise<void> {
  const parts = path.split(sep);
  for (let count = 2; count <= parts.length; count += 1) {
    const link = parts.slice(0, count).join(sep);
    const target = await readlink(link).catch(() => undefined);
    if (target === undefined) continue;
    await addAround(link, folders);
    const next = join(resolve(dirname(link), target), ...parts.slice(count));
    if (left > 0) await addLinks(next, folders, left - 1);
    return;
  }
}

async function collectBelow(path: string, folders: Map<string, Folder>): Promise<void> {
  const identity = await identify(path);
  // A link may point to a parent directory.
  if (identity === undefined || isWatchedWhole(folders, identity)) return;
  folders.set(path, { identity, names: undefined });
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (entry.name.startsWith('.')) continue;
    const below = join(path, entry.name);
    if (entry.isDirectory()) await collectBelow(below, folders);
    else if (entry.isSymbolicLink()) {
      const isFolder = (await stat(below).catch(() => undefined))?.isDirectory() === true;
      await (isFolder ? collectBelow(below, folders) : addTarget(below, folders));
    }
  }
}

function isWatchedWhole(folders: ReadonlyMap<string, Folder>, identity: string): boolean {
  for (const folder of folders.values())
    if (folder.identity === identity && folder.names === undefined) return true;
  return false;
}

async function identify(folder: string): Promise<string | undefined> {
  const found = await stat(folder, { bigint: true }).catch(() => undefined);
  return found?.isDirectory() === true ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : undefined;
}
