import { spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';

/** Properties of the machine on which a run's numbers depend. */
export function describeMachine() {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    cores: cpus().length,
    model: first?.model ?? 'unknown',
    kernel: `${process.platform} ${release()}`,
    node: process.version,
  };
}

/** The version output of each program, on stdout or stderr; arguments by program. */
export function versionsOf(programs) {
  const path = `${process.env.PATH}:/usr/sbin`;
  return Object.fromEntries(
    Object.entries(programs).map(([program, args]) => {
      const { stdout, stderr } = spawnSync(program, args, {
        encoding: 'utf8',
        env: { ...process.env, PATH: path },
      });
      return [program, /\d+\.\d+[\w.+~-]*/.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[0] ?? 'unknown'];
    }),
  );
}
