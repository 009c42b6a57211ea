import type { Stats } from 'node:fs';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { FileError, toFileError, tooLarge, type SizeLimit } from './file-error.ts';

/**
 * Reads a file that an operator names. Only regular files are read, symbolic links are followed, and at most `limit.bytes` are
 * read: a FIFO would block, a device such as `/dev/zero` has no end, and files below `/proc` report a size of 0.
 *
 * @throws FileError
 */
export async function readRegularFile(path: string, limit: SizeLimit): Promise<Buffer> {
  try {
    // Checked before it is opened: opening a FIFO wakes its writer, and opening a device may have any effect.
    refuseOthers(await stat(path), limit);
    const file = await open(path, flags);
    try {
      // The file may have been replaced meanwhile.
      const opened = await file.stat();
      refuseOthers(opened, limit);
      const content = createContent(opened.size, limit);
      while (content.add((await file.read(content.space())).bytesRead));
      return content.bytes();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw toFileError(error);
  }
}

/**
 * Synchronous version, for files that are read while a configuration is prepared.
 *
 * @throws FileError
 */
export function readRegularFileSync(path: string, limit: SizeLimit): Buffer {
  try {
    refuseOthers(statSync(path), limit);
    const descriptor = openSync(path, flags);
    try {
      const opened = fstatSync(descriptor);
      refuseOthers(opened, limit);
      const content = createContent(opened.size, limit);
      while (content.add(readSync(descriptor, content.space())));
      return content.bytes();
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw toFileError(error);
  }
}

/** Without `O_NONBLOCK`, opening a file that has become a FIFO since the check would block the process until a writer opens it. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

function refuseOthers(found: Stats, limit: SizeLimit): void {
  const expected = `a regular file of at most ${limit.text}`;
  if (!found.isFile()) throw new FileError('not_regular', `is ${describeKind(found)}: expected ${expected}`);
  if (found.size > limit.bytes) throw tooLarge(limit, expected);
}

function describeKind(found: Stats): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a FIFO';
  if (found.isSocket()) return 'a socket';
  return found.isCharacterDevice() || found.isBlockDevice() ? 'a device' : 'no file';
}

interface Content {
  /** Space for the next bytes. */
  space(): Buffer;
  /** Counts bytes that were read into the space; false at the end of the file. */
  add(count: number): boolean;
  bytes(): Buffer;
}

/** Grows while reading: the size that the system reports may be 0 or may change. */
function createContent(size: number, limit: SizeLimit): Content {
  let buffer = Buffer.allocUnsafeSlow(Math.max(size, minSpace) + 1);
  let length = 0;
  return {
    space() {
      if (length === buffer.length)
        buffer = Buffer.concat([buffer], Math.min(2 * length, limit.bytes + 1 + minSpace));
      return buffer.subarray(length);
    },
    add(count) {
      length += count;
      if (length > limit.bytes) throw tooLarge(limit, `a regular file of at most ${limit.text}`);
      return count > 0;
    },
    bytes: () => buffer.subarray(0, length),
  };
}

/** Bytes to read at once from a file of unknown size. */
const minSpace = 4096;
