import { createWriteStream, existsSync } from 'node:fs';
// The gateway's own files, read piece by piece: they may be larger than what is read at once.
// eslint-disable-next-line no-restricted-imports
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { LogFileConfig } from '../config/log-config.ts';

/** Rotated files of a log. */
export interface Backups {
  /** Path for the next one, which does not exist. */
  nextName(): string;
  /** Compresses those that are not compressed yet, and deletes those that are too old or too many; never rejects. */
  tidy(): Promise<void>;
  /** Resolves when no files are being compressed or deleted. */
  tidied(): Promise<void>;
}

interface Backup {
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

const compressed = '.gz';

export function createBackups(
  { path, maxBackups, maxAgeMs, compress }: LogFileConfig,
  clock: Clock,
): Backups {
  const folder = dirname(path);
  const extension = extname(path);
  const prefix = `${basename(path, extension)}-`;
  const nameOf = (time: number): string => join(folder, `${prefix}${toStamp(time)}${extension}`);
  const list = async (): Promise<Backup[]> => {
    const names = await readdir(folder);
    return names
      .flatMap((name): Backup[] => {
        const plain = name.endsWith(compressed) ? name.slice(0, -compressed.length) : name;
        if (!plain.startsWith(prefix) || !plain.endsWith(extension)) return [];
        const time = fromStamp(plain.slice(prefix.length, plain.length - extension.length));
        return time === undefined ? [] : [{ file: join(folder, name), time }];
      })
      .sort((a, b) => b.time - a.time);
  };
  const tidyNow = async (): Promise<void> => {
    const backups = await list();
    const kept = new Set(
      backups
        .filter(({ time }) => maxAgeMs === 0 || clock.now() - time <= maxAgeMs)
        .slice(0, maxBackups === 0 ? undefined : maxBackups),
    );
    for (const backup of backups)
      if (!kept.has(backup)) await rm(backup.file, { force: true });
      else if (compress && !backup.file.endsWith(compressed)) await compressFile(backup.file);
  };
  let last = Promise.resolve();
  return {
    nextName() {
      let time = clock.now();
      while (existsSync(nameOf(time)) || existsSync(nameOf(time) + compressed)) time += 1;
      return nameOf(time);
    },
    tidy() {
      // An unreadable folder or a full disk affects only old files, not the log.
      last = last.then(tidyNow).catch(() => {});
      return last;
    },
    tidied: () => last,
  };
}

async function compressFile(file: string): Promise<void> {
  const partial = `${file}${compressed}.tmp`;
  const source = (await open(file)).createReadStream();
  await pipeline(source, createGzip(), createWriteStream(partial));
  await rename(partial, file + compressed);
  await rm(file);
}

/** `2026-10-10T13-55-36.000`, in UTC. */
const toStamp = (time: number): string => new Date(time).toISOString().slice(0, -1).replace(/:/g, '-');

function fromStamp(stamp: string): number | undefined {
  const [, day, hours, minutes, seconds] =
    /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(stamp) ?? [];
  const time = Date.parse(`${day ?? ''}T${hours ?? ''}:${minutes ?? ''}:${seconds ?? ''}Z`);
  return Number.isNaN(time) ? undefined : time;
}
