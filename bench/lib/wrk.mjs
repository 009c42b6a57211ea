import { text } from 'node:stream/consumers';

const microseconds = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };
const bytes = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

/**
 * Parses the output of `wrk --latency`. Throws, with all of it, when a response was not 2xx or 3xx, a socket failed, or there was
 * no response.
 */
export function parseWrk(output, of = 'wrk') {
  const [, requests] = /(\d+) requests in/.exec(output) ?? [];
  const [, perSecond] = /^Requests\/sec:\s+([\d.]+)$/m.exec(output) ?? [];
  const [, read, unit] = /requests in [^,]+, ([\d.]+)([KMGT]?B) read/.exec(output) ?? [];
  const failed = /Non-2xx or 3xx responses|Socket errors/.test(output);
  if (failed || !(Number(requests) > 0) || perSecond === undefined || read === undefined)
    throw new Error(`${of}: not every request was answered as it should be:\n${output}`);
  return {
    requests: Number(requests),
    requestsPerSecond: Number(perSecond),
    readBytes: Number(read) * bytes[unit],
    p50Us: percentile(output, of, 50),
    p99Us: percentile(output, of, 99),
  };
}

function percentile(output, of, share) {
  const found = new RegExp(`^\\s+${share}%\\s+([\\d.]+)(us|ms|s|m|h)\\s*$`, 'm').exec(output);
  if (found === null) throw new Error(`${of}: no latency at ${share} %:\n${output}`);
  return Number(found[1]) * microseconds[found[2]];
}

/** One run of wrk, in one thread. `of` is its name in errors; `script` is a file in Lua, which receives `args`. */
export async function runWrk(stage, { of, url, seconds, connections, headers = {}, script, args = [] }) {
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency'];
  for (const [name, value] of Object.entries(headers)) options.push('-H', `${name}: ${value}`);
  if (script !== undefined) options.push('-s', script);
  const wrk = stage.run('wrk', [...options, url, ...(args.length > 0 ? ['--', ...args] : [])], {
    stdout: 'pipe',
  });
  const output = await text(wrk.child.stdout);
  const how = await wrk.exited;
  if (how !== 0) throw new Error(`${of}: wrk ended with ${how}:\n${output}${wrk.stderr}`);
  return parseWrk(output, of);
}
