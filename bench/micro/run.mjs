// All micro benchmarks, one after the other, each in its own process: `npm run bench:micro`.
//
//   --only NAME,...   only these, by the names of their files
//   --json FILE       their results as one JSON object, name to results
//   --list            the names
//
// ROUNDS in the environment is the number of rounds of those that have rounds. Exits with 1 when one of them fails.
import { fork } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const folder = fileURLToPath(new URL('.', import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length))
  .sort();

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'string' }, list: { type: 'boolean' } },
});
if (options.list === true) console.log(known.join('\n'));
else await runAll(namesOf(options.only), options.json);

function namesOf(only) {
  if (only === undefined) return known;
  const names = only.split(',').map((name) => name.trim());
  for (const name of names) {
    if (known.includes(name)) continue;
    console.error(`no benchmark ${JSON.stringify(name)}: expected one of ${known.join(', ')}`);
    process.exit(2);
  }
  return names;
}

async function runAll(names, file) {
  const benchmarks = {};
  for (const [index, name] of names.entries()) {
    console.log(`${index === 0 ? '' : '\n'}== ${name}`);
    const outcome = await run(name);
    benchmarks[name] = outcome;
    if (outcome.error === undefined) continue;
    console.error(`${name}: ${outcome.error}`);
    process.exitCode = 1;
  }
  if (file === undefined) return;
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  const at = new Date().toISOString();
  writeFileSync(file, `${JSON.stringify({ at, machine, benchmarks }, undefined, 2)}\n`);
}

/** Results of one benchmark, in the order of its reports. */
function run(name) {
  return new Promise((resolve) => {
    const results = [];
    // Some measure memory, after a collection.
    const child = fork(`${folder}${name}.mjs`, [], { execArgv: ['--expose-gc'] });
    child.on('message', (message) => results.push(message.results));
    child.once('error', (error) => resolve({ results, error: error.message }));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(results.length === 0 ? { results, error: 'reported nothing' } : { results });
      else resolve({ results, error: `ended with ${signal ?? code}` });
    });
  });
}
