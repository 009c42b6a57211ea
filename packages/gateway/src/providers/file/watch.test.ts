import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import { createFifo, mebibyte } from '../../files/special-files.testkit.ts';
import { translate } from '../translate/translate.ts';
import { createFileLoader } from './load.ts';
import { watchFiles } from './watch.ts';

const route = (name: string): string =>
  `http: { routers: { ${name}: { rule: Path(\`/${name}\`), service: s@other } } }`;
const namesIn = ({ routers }: DynamicConfiguration): string[] =>
  [...routers.keys()].map((name) => name.replace('@file', ''));

let folder: string;
let routes: string;
const cleanup: (() => void)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantgate-watch-'));
  routes = join(folder, 'routes');
  await mkdir(routes);
});
afterEach(async () => {
  for (const close of cleanup.splice(0)) close();
  await rm(folder, { recursive: true });
});

/** Watches and loads; `after` makes a change, waits until the watch has noticed it and settled, and loads again. */
async function start(...paths: readonly string[]) {
  const clock = createFakeClock();
  const read = createFileLoader(paths, { env: {} });
  const load = async (): Promise<DynamicConfiguration> => {
    const { documents, problems } = await read();
    return translate(documents, problems);
  };
  let changes = 0;
  let noticed = (): void => {};
  let settled = (): void => {};
  const watching = await watchFiles(paths, {
    clock: {
      ...clock,
      after(ms, callback) {
        noticed();
        return clock.after(ms, callback);
      },
    },
    onChange() {
      changes += 1;
      settled();
    },
  });
  cleanup.push(() => watching.close());
  const notice = async (change: () => Promise<unknown>): Promise<void> => {
    const seen = new Promise<void>((resolve) => (noticed = resolve));
    await change();
    await seen;
  };
  const after = async (change: () => Promise<unknown>): Promise<DynamicConfiguration> => {
    await notice(change);
    const done = new Promise<void>((resolve) => (settled = resolve));
    await clock.advance(1000);
    await done;
    return load();
  };
  return { after, notice, clock, load, initial: await load(), changes: () => changes };
}

describe('routes are read again', () => {
  it('when a file is written, replaced by renaming, or removed', async () => {
    const file = join(routes, 'a.yaml');
    await writeFile(file, route('one'));
    const { initial, after } = await start(routes);
    expect(namesIn(initial)).toEqual(['one']);
    expect(namesIn(await after(() => writeFile(file, route('two'))))).toEqual(['two']);
    await writeFile(join(folder, 'new.yaml'), route('three'));
    expect(namesIn(await after(() => rename(join(folder, 'new.yaml'), file)))).toEqual(['three']);
    expect(namesIn(await after(() => writeFile(join(routes, 'b.toml'), '[http]')))).toEqual(['three']);
    expect(namesIn(await after(() => unlink(file)))).toEqual([]);
  });

  it('when a named file is replaced; one that is removed keeps its routes until it is back', async () => {
    const file = join(folder, 'a.yaml');
    await writeFile(file, route('one'));
    const { after } = await start(file);
    await writeFile(join(folder, 'new'), route('two'));
    expect(namesIn(await after(() => rename(join(folder, 'new'), file)))).toEqual(['two']);
    const gone = await after(() => unlink(file));
    expect(namesIn(gone)).toEqual(['two']);
    expect(gone.problems[0]).toMatchObject({ code: 'unreadable_file', message: 'cannot be read (ENOENT)' });
    expect(namesIn(await after(() => writeFile(file, route('three'))))).toEqual(['three']);
  });

  it('when Kubernetes swaps the link ..data of a mounted ConfigMap', async () => {
    for (const [version, name] of [['..1', 'one'], ['..2', 'two']] as const) {
      await mkdir(join(routes, version));
      await writeFile(join(routes, version, 'a.yaml'), route(name));
    } // prettier-ignore
    await symlink('..1', join(routes, '..data'));
    await symlink('..data/a.yaml', join(routes, 'a.yaml'));
    const { initial, after } = await start(routes);
    expect(namesIn(initial)).toEqual(['one']);
    await symlink('..2', join(routes, '..data_tmp'));
    const swapped = await after(() => rename(join(routes, '..data_tmp'), join(routes, '..data')));
    expect(namesIn(swapped)).toEqual(['two']);
  });

  it('when a folder is created below, and when the whole directory is created again', async () => {
    const { after } = await start(routes);
    await after(() => mkdir(join(routes, 'team')));
    expect(namesIn(await after(() => writeFile(join(routes, 'team', 'a.yml'), route('one'))))).toEqual([
      'one',
    ]);
    const again = await after(async () => {
      await rm(routes, { recursive: true });
      await mkdir(routes);
    });
    expect(namesIn(again)).toEqual(['one']);
    expect(again.problems[0]).toMatchObject({ code: 'routes_missing', place: { file: routes } });
    expect(namesIn(await after(() => writeFile(join(routes, 'b.yaml'), route('two'))))).toEqual(['two']);
  });

  it('when a directory appears that was missing at the start', async () => {
    const late = join(folder, 'x', 'late');
    const { initial, after } = await start(late);
    expect(initial.problems).toMatchObject([{ code: 'unreadable_file', place: { file: late } }]);
    await after(() => mkdir(late, { recursive: true }));
    expect(namesIn(await after(() => writeFile(join(late, 'a.yaml'), route('one'))))).toEqual(['one']);
  });

  it('when the target of a link changes', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(join(elsewhere, 'team'), { recursive: true });
    await writeFile(join(elsewhere, 'a.yaml'), route('one'));
    await symlink(join(elsewhere, 'a.yaml'), join(routes, 'a.yaml'));
    await symlink(join(elsewhere, 'team'), join(routes, 'team'));
    await symlink(routes, join(routes, 'team', 'loop'));
    const { after } = await start(routes);
    expect(namesIn(await after(() => writeFile(join(elsewhere, 'a.yaml'), route('two'))))).toEqual(['two']);
    const below = await after(() => writeFile(join(elsewhere, 'team', 'b.yaml'), route('three')));
    expect(namesIn(below)).toEqual(['two', 'three']);
  });
});

describe('a file whose path contains a link', () => {
  it('is read again when the link points elsewhere', async () => {
    for (const name of ['one', 'two']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'a.yaml'), route(name));
    }
    const current = join(folder, 'current');
    await symlink('one', current);
    const { initial, after } = await start(join(current, 'a.yaml'));
    expect(namesIn(initial)).toEqual(['one']);
    const swap = async (): Promise<void> => {
      await symlink('two', join(folder, 'next'));
      await rename(join(folder, 'next'), current);
    };
    expect(namesIn(await after(swap))).toEqual(['two']);
  });
});

describe('a change', () => {
  it('waits for further changes, but not indefinitely', async () => {
    const { notice, clock, changes } = await start(routes);
    const file = join(routes, 'a.yaml');
    for (let time = 0; time < 1000; time += 50) {
      expect(changes()).toBe(0);
      await notice(() => writeFile(file, route(`r${time}`)));
      await clock.advance(50);
    }
    await expect.poll(changes).toBeGreaterThan(0);
  });

  it('of another file beside the routes, such as a log, does not reload them', async () => {
    const file = join(folder, 'routes.yaml');
    await writeFile(file, route('one'));
    await writeFile(join(routes, 'access.log'), '');
    const { clock } = await start(file, routes);
    // A second watcher of the same folder receives each event after the first one.
    const arrivals = [folder, routes].map((path) => {
      const watcher = watch(path);
      cleanup.push(() => watcher.close());
      return once(watcher, 'change');
    });
    await writeFile(join(folder, 'access.log'), 'line\n', { flag: 'a' });
    await writeFile(join(routes, 'access.log'), 'line\n', { flag: 'a' });
    await Promise.all(arrivals);
    expect(clock.pending()).toBe(0);
  });
});

describe('a file that became invalid', () => {
  it('keeps its earlier routes, while the others change', async () => {
    const [a, b] = [join(routes, 'a.yaml'), join(routes, 'b.yaml')];
    await writeFile(a, route('one'));
    await writeFile(b, route('two'));
    const { after } = await start(routes);
    await after(() => writeFile(a, 'http: [hunter2'));
    const broken = await after(() => writeFile(b, route('three')));
    expect(namesIn(broken)).toEqual(['one', 'three']);
    expect(broken.problems.filter(({ code }) => code === 'syntax')).not.toEqual([]);
    expect(JSON.stringify(broken.problems)).not.toContain('hunter2');
    const healed = await after(() => writeFile(a, route('four')));
    expect(namesIn(healed)).toEqual(['four', 'three']);
  });

  it('keeps its routes when it has become a FIFO or too large, until it is a valid file again', async () => {
    const file = join(routes, 'a.yaml');
    await writeFile(file, route('one'));
    const { initial, after } = await start(routes);
    expect(namesIn(initial)).toEqual(['one']);
    createFifo(join(folder, 'fifo'));
    const blocked = await after(() => rename(join(folder, 'fifo'), file));
    expect(namesIn(blocked)).toEqual(['one']);
    expect(blocked.problems[0]).toMatchObject({
      severity: 'error',
      place: { file },
      code: 'unreadable_file',
      message: 'is a FIFO: expected a regular file of at most 64 MiB',
    });
    await writeFile(join(folder, 'large'), '');
    await truncate(join(folder, 'large'), 64 * mebibyte + 1);
    const large = await after(() => rename(join(folder, 'large'), file));
    expect(namesIn(large)).toEqual(['one']);
    expect(large.problems[0]?.message).toBe(
      'has more than 64 MiB: expected a regular file of at most 64 MiB',
    );
    await writeFile(join(folder, 'new'), route('two'));
    expect(namesIn(await after(() => rename(join(folder, 'new'), file)))).toEqual(['two']);
  });

  it('keeps its routes when it has become empty, until it is written or removed', async () => {
    const file = join(routes, 'a.yaml');
    await writeFile(file, route('one'));
    const { after } = await start(routes);
    const emptied = await after(() => writeFile(file, ' \n'));
    expect(namesIn(emptied)).toEqual(['one']);
    expect(emptied.problems[0]).toMatchObject({ severity: 'warning', code: 'empty_file' });
    expect(namesIn(await after(() => writeFile(file, 'http: {}')))).toEqual([]);
    await after(() => writeFile(file, route('two')));
    await after(() => writeFile(join(routes, 'b.yaml'), route('three')));
    expect(namesIn(await after(() => unlink(file)))).toEqual(['three']);
  });
});

it('a directory that the system cannot watch is polled, which is reported once', async () => {
  await writeFile(join(routes, 'a.yaml'), route('a'));
  const clock = createFakeClock();
  const told: string[] = [];
  let changes = 0;
  let hasChanged = (): void => {};
  const whenChanged = new Promise<void>((resolve) => (hasChanged = resolve));
  let pending = 0;
  let idle = (): void => {};
  const watching = await watchFiles([routes], {
    clock: {
      ...clock,
      after(ms, callback) {
        pending += 1;
        idle();
        return clock.after(ms, callback);
      },
    },
    watch: () => {
      throw Object.assign(new Error('limit'), { code: 'ENOSPC' });
    },
    onUnwatched: (path, code) => told.push(`${path} ${code}`),
    onChange() {
      changes += 1;
      hasChanged();
    },
  });
  cleanup.push(() => watching.close());
  /** One round of polling: it ends by setting the next timer, and one more after a change. */
  const look = async (timers: number): Promise<void> => {
    const until = pending + timers;
    const done = new Promise<void>((resolve) => (idle = () => pending >= until && resolve()));
    await clock.advance(2000);
    await done;
  };
  await look(1);
  expect([changes, told.length]).toEqual([0, 1]);
  await writeFile(join(routes, 'a.yaml'), route('b'));
  await look(2);
  await clock.advance(1000);
  await whenChanged;
  expect([changes, told.length]).toEqual([1, 1]);
  expect(told[0]).toMatch(/ENOSPC$/);
});
