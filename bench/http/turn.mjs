import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuMicroseconds, memoryBytes } from '../lib/process-tree.mjs';
import { runWrk } from '../lib/wrk.mjs';
import { basic, callers } from './grantgate.mjs';

const script = fileURLToPath(new URL('request.lua', import.meta.url));
/** wrk rounds the number of read bytes to a hundredth of its unit. */
const rounding = 0.98;
const logWithinMs = 2_000;

/** Sends requests of one case to one contender for some seconds. `rotation` is for `request.lua`: `credentials=100`. */
export function takeTurn(stage, contender, one, { seconds, connections }) {
  return measureTurn(contender, one, () =>
    runWrk(stage, {
      of: `${contender.name}: ${one.name}`,
      url: `http://127.0.0.1:${contender.port}${contender.prefix ?? ''}${one.path}`,
      seconds,
      connections,
      headers: { Authorization: basic(callers), ...one.headers },
      script,
      args: [one.method, String(one.sentBytes), ...(one.rotation ?? [])],
    }),
  );
}

/**
 * CPU time and memory of a contender in a turn. `drive` sends the requests of a case and returns their number, with its other
 * measurements; `readBytes`, if it counts them, must be enough for all responses.
 */
export async function measureTurn(contender, one, drive) {
  const { pids } = contender;
  const before = cpuMicroseconds(pids);
  const { requests, readBytes = Infinity, ...measured } = await drive();
  const cpuUs = cpuMicroseconds(pids) - before;
  if (readBytes < requests * one.answerBytes * rounding)
    throw new Error(`${contender.name}: ${one.name}: ${requests} answers had ${readBytes} bytes in all`);
  if (contender.log !== undefined) await checkLog(contender, requests);
  return { cpuUs: cpuUs / requests, ...measured, memoryBytes: memoryBytes(pids) };
}

/** There is a line for each request; then the file is emptied, so that a run needs only the space of one turn. */
async function checkLog({ name, log }, requests) {
  const end = performance.now() + logWithinMs;
  while (linesOf(log) < requests) {
    if (performance.now() > end)
      throw new Error(`${name}: the access log has fewer lines than there were requests`);
    await delay(20);
  }
  truncateSync(log);
}

function linesOf(file) {
  if (!existsSync(file)) return 0;
  let lines = 0;
  for (const byte of readFileSync(file)) if (byte === 10) lines += 1;
  return lines;
}
