import { readFileSync, readdirSync } from 'node:fs';

/** Ticks of /proc/PID/stat, as on every Linux that runs Node.js. */
const microsecondsPerTick = 10_000;

/** Parent and CPU time of `/proc/PID/stat` (proc(5)): its own, and that of its children that have ended. */
export function parseStat(text) {
  // The name of the program may contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), cpuUs: (utime + stime + cutime + cstime) * microsecondsPerTick };
}

/** A process and its descendants: `{ pid, cpuUs }` each. */
function treeOf(root) {
  const children = new Map();
  const found = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = readOr(`/proc/${name}/stat`);
    if (text === undefined) continue;
    const { parent, cpuUs } = parseStat(text);
    const pid = Number(name);
    found.set(pid, { pid, cpuUs });
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid) => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root).flatMap((pid) => found.get(pid) ?? []);
}

/** Microseconds of CPU that the processes and their descendants have used, including ended ones. */
export const cpuMicroseconds = (pids) => pids.flatMap(treeOf).reduce((sum, { cpuUs }) => sum + cpuUs, 0);

/**
 * Bytes of memory of the processes and their descendants: proportional set size, in which a page that several processes share
 * counts once; resident size on systems without it.
 */
export const memoryBytes = (pids) => pids.flatMap(treeOf).reduce((sum, { pid }) => sum + memoryOf(pid), 0);

function memoryOf(pid) {
  const rollup = readOr(`/proc/${pid}/smaps_rollup`);
  return parseKib('Pss', rollup) ?? parseKib('VmRSS', readOr(`/proc/${pid}/status`)) ?? 0;
}

/** Bytes of a line `NAME: 123 kB`. */
export function parseKib(name, text = '') {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
  return found === null ? undefined : Number(found[1]) * 1024;
}

/** Undefined: the process has ended meanwhile, or it is another user's. */
function readOr(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
