import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openSink } from './sink.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'grantgate-'))));
afterAll(() => rm(folder, { recursive: true }));

it('keeps every line, makes the folder, and appends to what is there', async () => {
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

it('goes on in a new file once the old one has been moved away', async () => {
  const file = join(folder, 'rotated.log');
  const sink = await openSink(file);
  sink.write('old\n');
  await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toBe('old\n'));
  await rename(file, `${file}.1`);
  sink.reopen();
  sink.write('new\n');
  await sink.close();
  expect(await readFile(`${file}.1`, 'utf8')).toBe('old\n');
  expect(await readFile(file, 'utf8')).toBe('new\n');
});

it('says so when a file cannot be opened', async () => {
  await expect(openSink(folder)).rejects.toMatchObject({ code: 'EISDIR' });
});
