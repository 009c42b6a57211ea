import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../testkit/src/fake-clock.ts';
import { until } from '../../../testkit/src/until.ts';
import type { LogFileConfig } from '../config/log-config.ts';
import { openLogFile } from './log-file.ts';
import type { Sink } from './sink.ts';

// Rotation and names are those of Traefik 3.7.13, which uses lumberjack: sizes in MiB there, in bytes here.

let folder = '';
let clock: FakeClock;
const open: Sink[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-'));
  clock = createFakeClock(Date.UTC(2026, 9, 10, 13, 55, 36));
});
afterEach(async () => {
  for (const sink of open.splice(0)) await sink.close();
  await rm(folder, { recursive: true });
});

async function start(changes: Partial<LogFileConfig> = {}, options: object = {}): Promise<Sink> {
  const config = {
    path: join(folder, 'gate.log'),
    maxBytes: 10,
    maxBackups: 0,
    maxAgeMs: 0,
    compress: false,
    ...changes,
  };
  const sink = await openLogFile(config, { clock, shared: false, rotates: true, ...options });
  open.push(sink);
  return sink;
}

const read = async (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '');
/** Waits until a file contains this text, because its writer does not wait. */
const has = (name: string, text: string): Promise<unknown> =>
  until(
    async () => (await read(name)) === text,
    () => `${name} to have ${text}`,
  );
const first = 'gate-2026-10-10T13-55-36.000.log';

describe('the file of a log', () => {
  it('is renamed before a line would make it too large', async () => {
    const sink = await start();
    sink.write('12345\n');
    sink.write('678\n');
    await has('gate.log', '12345\n678\n');
    sink.write('next\n');
    await has('gate.log', 'next\n');
    expect(await read(first)).toBe('12345\n678\n');
  });

  it('continues the file of an earlier process', async () => {
    await writeFile(join(folder, 'gate.log'), 'from before\n');
    const sink = await start();
    sink.write('new\n');
    await has('gate.log', 'new\n');
    expect(await read(first)).toBe('from before\n');
  });

  it('accepts a line that is itself too large', async () => {
    const sink = await start();
    sink.write('a line that is too large\n');
    await has('gate.log', 'a line that is too large\n');
    expect(await readdir(folder)).toEqual(['gate.log']);
  });

  it('keeps the configured number of rotated files, and none that is too old', async () => {
    await writeFile(join(folder, 'gate-2026-10-01T00-00-00.000.log'), 'old');
    await writeFile(join(folder, 'gate-2026-10-10T00-00-00.000.log.gz'), 'kept');
    await writeFile(join(folder, 'gate-other.log'), 'of somebody else');
    const sink = await start({ maxBackups: 2, maxAgeMs: 86_400_000 });
    for (const line of ['first line\n', 'second line\n']) sink.write(line);
    await until(
      async () => !(await readdir(folder)).includes('gate-2026-10-01T00-00-00.000.log'),
      () => 'the old file to be deleted',
    );
    expect((await readdir(folder)).sort()).toEqual([
      'gate-2026-10-10T00-00-00.000.log.gz',
      first,
      'gate-other.log',
      'gate.log',
    ]);
    await clock.advance(1000);
    sink.write('third line\n');
    await until(
      async () => !(await readdir(folder)).includes('gate-2026-10-10T00-00-00.000.log.gz'),
      () => 'one file too many to be deleted',
    );
  });

  it('is compressed once it is rotated', async () => {
    const sink = await start({ compress: true });
    for (const line of ['first line\n', 'second line\n']) sink.write(line);
    await until(
      async () => (await readdir(folder)).includes(`${first}.gz`) && !(await readdir(folder)).includes(first),
      () => 'a compressed file',
    );
    expect(gunzipSync(await readFile(join(folder, `${first}.gz`))).toString()).toBe('first line\n');
  });

  it('is reopened after another process has moved it', async () => {
    const sink = await start({ maxBytes: 1000 });
    sink.write('before\n');
    await has('gate.log', 'before\n');
    await rename(join(folder, 'gate.log'), join(folder, 'moved'));
    sink.reopen();
    sink.write('after\n');
    await has('gate.log', 'after\n');
    expect(await read('moved')).toBe('before\n');
  });

  it('is rotated by one of several processes, and the others follow', async () => {
    const rotating = await start({ maxBytes: 20 }, { shared: true });
    const other = await start({ maxBytes: 20 }, { shared: true, rotates: false });
    other.write('a long line of another process\n');
    await has('gate.log', 'a long line of another process\n');
    await clock.advance(1000);
    expect(await read('gate-2026-10-10T13-55-37.000.log')).toBe('a long line of another process\n');
    // A reader finds the new file only once it exists.
    await has('gate.log', '');
    await until(
      async () => (await readdir(folder)).includes('gate.log'),
      () => 'the new file',
    );
    await clock.advance(1000);
    other.write('b\n');
    rotating.write('c\n');
    await until(
      async () => (await read('gate.log')).length === 4,
      () => 'both lines in the new file',
    );
  });
});
