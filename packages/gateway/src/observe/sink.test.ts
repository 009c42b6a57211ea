import fs from 'node:fs';
import { mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openSink } from './sink.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'grantgate-'))));
afterAll(() => rm(folder, { recursive: true }));

it('every line is kept, the folder is created, and an existing file is continued', async () => {
  const file = join(folder, 'logs', 'access.log');
  const write = async (from: number): Promise<void> => {
    const sink = await openSink(file);
    for (let line = from; line < from + 5000; line += 1) sink.write(`${line}\n`);
    await sink.close();
  };
  await write(0);
  await write(5000);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines).toEqual(Array.from({ length: 10_000 }, (_, line) => String(line)));
});

it('lines continue in a new file once the old one has been renamed', async () => {
  const file = join(folder, 'rotated.log');
  const sink = await openSink(file);
  sink.write('old\n');
  await expect.poll(() => readFile(file, 'utf8')).toBe('old\n');
  await rename(file, `${file}.1`);
  sink.reopen();
  sink.write('new\n');
  await sink.close();
  expect(await readFile(`${file}.1`, 'utf8')).toBe('old\n');
  expect(await readFile(file, 'utf8')).toBe('new\n');
});

it('a file that cannot be opened is reported', async () => {
  await expect(openSink(folder)).rejects.toMatchObject({ code: 'EISDIR' });
});

it('a closed file is not reopened', async () => {
  const file = join(folder, 'closed.log');
  const sink = await openSink(file);
  const closed = sink.close();
  sink.reopen();
  await closed;
  sink.reopen();
  await rm(file);
  sink.reopen();
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('a descriptor receives whole lines, in writes that a pipe accepts in one step', async () => {
  const writes: string[] = [];
  const file = join(folder, 'pipe');
  const handle = await open(file, 'w');
  const sink = await openSink(handle.fd);
  const write = vi.spyOn(fs, 'write').mockImplementation((...args: unknown[]) => {
    const [, text] = args as [number, string];
    writes.push(text);
    setImmediate(() =>
      (args.at(-1) as (error: null, written: number) => void)(null, Buffer.byteLength(text)),
    );
  });
  for (let line = 0; line < 500; line += 1) sink.write(`${'ü'.repeat(40)} ${line}\n`);
  await expect.poll(() => writes.join('')).toContain(' 499\n');
  write.mockRestore();
  expect(Math.max(...writes.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(4096);
  expect(Math.max(...writes.map((text) => Buffer.byteLength(text)))).toBeGreaterThan(2048);
  expect(writes.filter((text) => !text.endsWith('\n'))).toEqual([]);
  await sink.close();
});
