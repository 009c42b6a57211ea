import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  configurationLimit,
  FileError,
  secretLimit,
  type SizeLimit,
} from '@grantgate/middleware/base/file-error';
import { readRegularFile, readRegularFileSync } from '@grantgate/middleware/base/read-regular-file';
import { readStream } from './read-stream.ts';
import { createFolder, createSized, createSpecialFiles, mebibyte } from './special-files.testkit.ts';

type FileReader = (path: string, limit: SizeLimit) => Promise<Buffer>;
const reads: readonly (readonly [string, FileReader])[] = [
  ['readRegularFile', readRegularFile],
  ['readRegularFileSync', async (path, limit) => readRegularFileSync(path, limit)],
];
const fewBytes: SizeLimit = { bytes: 16, text: '16 bytes' };

describe.each(reads)('%s', (_name, read) => {
  const fault = async (path: string, limit = secretLimit): Promise<readonly [string, string]> => {
    const error: unknown = await read(path, limit).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof FileError)) throw new Error(`${path} was read`, { cause: error });
    return [error.code, error.message];
  };

  it('refuses a directory, a device, a FIFO and a socket by name', async () => {
    for (const [path, kind] of await createSpecialFiles(createFolder()))
      expect(await fault(path)).toEqual([
        'not_regular',
        `is ${kind}: expected a regular file of at most 1 MiB`,
      ]);
  });

  it('reads up to the limit, and refuses one byte more', async () => {
    const folder = createFolder();
    for (const bytes of [0, 1, 4096, 4097, 100_000, mebibyte])
      expect((await read(createSized(join(folder, 'file'), bytes), secretLimit)).length).toBe(bytes);
    expect(await fault(createSized(join(folder, 'file'), mebibyte + 1))).toEqual([
      'too_large',
      'has more than 1 MiB: expected a regular file of at most 1 MiB',
    ]);
    expect((await read(join(folder, 'file'), configurationLimit)).length).toBe(mebibyte + 1);
  });

  it('returns the content of the file, byte by byte', async () => {
    const path = join(createFolder(), 'file');
    const bytes = Buffer.from(Array.from({ length: 9000 }, (_, index) => index % 256));
    writeFileSync(path, bytes);
    expect((await read(path, secretLimit)).equals(bytes)).toBe(true);
  });

  it('counts the bytes of a file whose size is reported as 0', async () => {
    expect((await read('/proc/self/status', secretLimit)).toString('utf8')).toContain('Name:');
    expect((await fault('/proc/self/status', fewBytes))[0]).toBe('too_large');
  });

  it('follows links such as those of a Kubernetes volume, and refuses a cycle', async () => {
    const folder = createFolder();
    mkdirSync(join(folder, '..2026'));
    writeFileSync(join(folder, '..2026', 'key'), 'secret');
    symlinkSync('..2026', join(folder, '..data'));
    symlinkSync(join('..data', 'key'), join(folder, 'key'));
    symlinkSync(join(folder, 'key'), join(folder, 'far'));
    expect((await read(join(folder, 'far'), secretLimit)).toString('utf8')).toBe('secret');
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    expect(await fault(join(folder, 'a'))).toEqual(['ELOOP', 'cannot be read (ELOOP)']);
  });

  it('returns the error of the system', async () => {
    const folder = createFolder();
    expect(await fault(join(folder, 'nowhere'))).toEqual(['ENOENT', 'cannot be read (ENOENT)']);
    createSized(join(folder, 'file'), 1);
    expect(await fault(join(folder, 'file', 'below'))).toEqual(['ENOTDIR', 'cannot be read (ENOTDIR)']);
  });

  // File modes do not restrict root.
  it.skipIf(process.getuid?.() === 0)('refuses a file that it may not read', async () => {
    const path = createSized(join(createFolder(), 'file'), 1);
    chmodSync(path, 0);
    expect(await fault(path)).toEqual(['EACCES', 'cannot be read (EACCES)']);
  });
});

describe('readStream', () => {
  it('reads up to the limit, and destroys a stream that has more', async () => {
    const bytes = Buffer.alloc(16, 'x');
    expect(await readStream(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), fewBytes)).toEqual(
      bytes,
    );
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(5);
      })(),
    );
    await expect(readStream(endless, fewBytes)).rejects.toMatchObject({
      code: 'too_large',
      message: 'has more than 16 bytes: expected at most 16 bytes',
    });
    expect(endless.destroyed).toBe(true);
  });
});
