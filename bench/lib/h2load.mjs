import { readFileSync, rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';

/** Parses the output of h2load. Throws, with all of it, when a response was not 2xx, a request failed, or there was no response. */
export function parseH2load(output, of = 'h2load') {
  const [, perSecond] = /^finished in [^,]+, ([\d.]+) req\/s/m.exec(output) ?? [];
  const [, succeeded, failed, errored, timedOut] =
    /^requests: .* (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/m.exec(output) ?? [];
  const [, others] = /^status codes: (.*)$/m.exec(output) ?? [];
  const allWell =
    [failed, errored, timedOut].every((count) => count === '0') && !/[1-9]\d* [1345]xx/.test(others);
  if (!allWell || !(Number(succeeded) > 0) || perSecond === undefined)
    throw new Error(`${of}: not every request was answered as it should be:\n${output}`);
  return { requests: Number(succeeded), requestsPerSecond: Number(perSecond) };
}

/** Percentiles of h2load's `--log-file`: start, status and microseconds of each request, separated by tabs. */
export function percentilesOf(log) {
  const latencies = Float64Array.from(log.trimEnd().split('\n'), (line) =>
    Number(line.split('\t')[2]),
  ).sort();
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { p50Us: at(0.5), p99Us: at(0.99) };
}

/** One run of h2load, in one thread. `of` is its name in errors. */
export async function runH2load(stage, { of, url, headers = {}, args }) {
  const log = stage.path('h2load.log');
  rmSync(log, { force: true });
  const options = ['-t1', `--log-file=${log}`, ...args];
  for (const [name, value] of Object.entries(headers)) options.push('-H', `${name}: ${value}`);
  const h2load = stage.run('h2load', [...options, url], { stdout: 'pipe' });
  const output = await text(h2load.child.stdout);
  const how = await h2load.exited;
  if (how !== 0) throw new Error(`${of}: h2load ended with ${how}:\n${output}${h2load.stderr}`);
  return { ...parseH2load(output, of), ...percentilesOf(readFileSync(log, 'latin1')) };
}
