import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const mebibyte = 1024 * 1024;

/** A folder for one test. */
export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A FIFO without a writer: opening it in blocking mode hangs until the test times out. */
export function createFifo(path: string): string {
  execFileSync('mkfifo', [path]);
  return path;
}

/** Paths of non-regular files, each with its name in errors. */
export async function createSpecialFiles(folder: string): Promise<readonly (readonly [string, string])[]> {
  const socket = join(folder, 'socket.yaml');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const directory = join(folder, 'directory.yaml');
  mkdirSync(directory);
  const fifo = createFifo(join(folder, 'fifo.yaml'));
  const link = join(folder, 'link.yaml');
  symlinkSync(fifo, link);
  return [
    [fifo, 'a FIFO'],
    [link, 'a FIFO'],
    [socket, 'a socket'],
    [directory, 'a directory'],
    ['/dev/zero', 'a device'],
    ['/dev/full', 'a device'],
    ['/dev/null', 'a device'],
  ];
}

/** Creates a file of the given size in bytes. */
export function createSized(path: string, bytes: number): string {
  writeFileSync(path, Buffer.alloc(bytes, 'x'));
  return path;
}
