import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, openSync, closeSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isListening } from './ports.mjs';

/** Output of a failing program, without its beginning. */
const keptOfStderr = 16_384;
const startWithinMs = 180_000;
const endWithinMs = 5_000;

/**
 * A temporary folder and the programs of a benchmark. Both are removed when it ends: by `close()`, by a failure, or by a signal.
 */
export function openStage() {
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-bench-'));
  // If root starts nginx, nginx keeps large bodies there as another user.
  chmodSync(folder, 0o755);
  const running = new Set();
  const clear = () => {
    for (const { child } of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const leave = (signal) => process.exit(128 + constants.signals[signal]);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  process.once('exit', clear);
  for (const signal of signals) process.once(signal, leave);

  /** `stdout` is a file that is appended to, `pipe`, or by default nothing. */
  function run(name, args, { stdout = 'ignore', env = {}, onLine } = {}) {
    const out = stdout === 'ignore' || stdout === 'pipe' ? stdout : openSync(stdout, 'a');
    const child = spawn(name, args, {
      cwd: folder,
      stdio: ['ignore', out, 'pipe'],
      // Debian installs servers in folders that only root's PATH contains.
      env: { ...process.env, HOME: folder, PATH: `${process.env.PATH}:/usr/sbin`, ...env },
    });
    if (typeof out === 'number') closeSync(out);
    const program = { name, child, pid: child.pid, stderr: '', ended: undefined };
    running.add(program);
    let line = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      program.stderr = (program.stderr + text).slice(-keptOfStderr);
      if (onLine === undefined) return;
      const lines = (line + text).split('\n');
      line = lines.pop();
      for (const whole of lines) onLine(whole);
    });
    program.exited = new Promise((resolve) => {
      const end = (how) => {
        program.ended = how;
        running.delete(program);
        resolve(how);
      };
      child.once('error', ({ message }) => end(message));
      child.once('close', (code, signal) => end(code ?? signal));
    });
    return program;
  }

  async function until(program, ready) {
    for (const end = performance.now() + startWithinMs; !(await ready()); await delay(20)) {
      if (program.ended === undefined && performance.now() < end) continue;
      throw new Error(
        `${program.name} does not start (${program.ended ?? 'it does not listen'}):\n${program.stderr}`,
      );
    }
    return program;
  }

  return {
    folder,
    path: (name) => join(folder, name),
    run,
    /** Waits until `ready()`; fails if the program ends before. */
    until,
    /** Runs a server and waits until it listens on that port. */
    start: (name, args, port, options) => until(run(name, args, options), () => isListening(port)),
    async close() {
      const all = [...running];
      for (const { child } of all) child.kill('SIGTERM');
      const late = setTimeout(() => all.forEach(({ child }) => child.kill('SIGKILL')), endWithinMs);
      await Promise.all(all.map(({ exited }) => exited));
      clearTimeout(late);
      process.off('exit', clear);
      for (const signal of signals) process.off(signal, leave);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
