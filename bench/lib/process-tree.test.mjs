import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { cpuMicroseconds, memoryBytes, parseKib, parseStat } from './process-tree.mjs';

it('counts the time of a process and of its ended children, whatever characters its name has', () => {
  const line = '42 (a) S (b) S 7 42 42 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 100 1000 10 0';
  expect(parseStat(line)).toEqual({ parent: 7, cpuUs: 1_000_000 });
});

it('finds a size in kB by its whole name', () => {
  const text = 'Rss:    10 kB\nPss:              300 kB\nPss_Anon:           5 kB\n';
  expect(parseKib('Pss', text)).toBe(300 * 1024);
  expect(parseKib('VmRSS', text)).toBeUndefined();
  expect(parseKib('Pss')).toBeUndefined();
});

/** Takes 0.2 seconds of CPU and 64 MiB. */
const work = 'globalThis.kept = Buffer.alloc(2 ** 26, 1); while (process.cpuUsage().user < 2e5);';

it.runIf(process.platform === 'linux')('counts the time of running and of ended children', async () => {
  const parent = `const { spawn, spawnSync } = require('node:child_process');
    spawnSync(process.execPath, ['-e', ${JSON.stringify(work)}]);
    const running = ${JSON.stringify(`${work} process.stdin.resume(); console.log('ready');`)};
    spawn(process.execPath, ['-e', running], { stdio: ['pipe', 1, 2] });`;
  const child = spawn(process.execPath, ['-e', parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    expect(cpuMicroseconds([child.pid])).toBeGreaterThanOrEqual(400_000);
    expect(memoryBytes([child.pid])).toBeGreaterThan(2 ** 26);
  } finally {
    const closed = once(child, 'close');
    child.kill();
    await closed;
  }
});
