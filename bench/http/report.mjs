import { writeFileSync } from 'node:fs';
import { markdownTable } from '../lib/markdown.mjs';
import { ratiosOf, spreadOf } from '../lib/spread.mjs';

/** Measurements of a turn. */
const measures = ['cpuUs', 'requestsPerSecond', 'p50Us', 'p99Us', 'memoryBytes'];

/**
 * The rounds of each contestant, with the median and range of every measure, and of its ratio to `baseline` in the same
 * round.
 */
export function summarise(rounds, baseline) {
  return [...rounds].map(([name, turns]) => {
    const valuesOf = (measure, of = turns) => of.map((turn) => turn[measure]);
    const over = (spread) => Object.fromEntries(measures.map((measure) => [measure, spread(measure)]));
    return {
      name,
      rounds: turns,
      spread: over((measure) => spreadOf(valuesOf(measure))),
      ratios: over((measure) => ratiosOf(valuesOf(measure), valuesOf(measure, rounds.get(baseline)))),
    };
  });
}

/** The baseline is not compared with itself. */
const ratio = ({ median, low, high }) =>
  low === 1 && high === 1 ? '1' : `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
const ms = ({ median }) => (median / 1000).toFixed(2);

/** A row for each contestant of one group: medians of the rounds, and ratios with their range. */
export function detailTable(summary, { first, baseline }) {
  const head = [first, 'CPU us a request', `x ${baseline} (range)`, 'requests/s', 'p50 ms', 'p99 ms', 'MiB'];
  const rows = summary.map(({ name, spread, ratios }) => [
    name,
    spread.cpuUs.median.toFixed(1),
    ratio(ratios.cpuUs),
    spread.requestsPerSecond.median.toFixed(0),
    ms(spread.p50Us),
    ms(spread.p99Us),
    (spread.memoryBytes.median / 1024 ** 2).toFixed(0),
  ]);
  return markdownTable(head, rows);
}

/** CPU time as a ratio to the baseline: a row for each contestant, a column for each group. */
export function overviewTable(summaries, first) {
  const names = summaries[0].summary.map(({ name }) => name);
  const rows = names.map((name, row) => [
    name,
    ...summaries.map(({ summary }) => ratio(summary[row].ratios.cpuUs)),
  ]);
  return markdownTable([first, ...summaries.map(({ name }) => name)], rows);
}

/** Lines about the conditions on which the numbers depend. */
export function describe({ machine, command, versions, settings }) {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const choices = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  return [
    `${machine.date}: ${machine.cores} cores, ${machine.model}, ${machine.kernel}, Node.js ${machine.node}`,
    programs.join(', '),
    command,
    choices.join(', '),
  ].join('\n');
}

/** Writes the tables of a run to stdout, and every round's numbers to `json`, if set. */
export function writeReport(report, results, { baseline, json }) {
  const summaries = [...results].map(([name, turns]) => ({ name, summary: summarise(turns, baseline) }));
  process.stdout.write(`${describe(report)}\n\n`);
  for (const { name, summary } of summaries)
    process.stdout.write(`${name}\n\n${detailTable(summary, { first: 'contender', baseline })}\n\n`);
  process.stdout.write(`CPU time a request, x ${baseline}\n\n${overviewTable(summaries, 'contender')}\n`);
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ ...report, cases: summaries }, undefined, 2)}\n`);
}
