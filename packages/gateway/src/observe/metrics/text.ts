import type { Readings, Series } from '../../workers/readings.ts';
import type { MetricName } from './catalogue.ts';
import { definitions } from './catalogue.ts';

/** Media type of the output of `writeText`. */
export const textType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Writes the text format of Prometheus, version 0.0.4. `prom-client` is not used: it hashes labels at each increment, accepts no
 * buckets of a histogram that was counted elsewhere, and loses the counts of a worker that exits. Only what this file does would
 * remain.
 */
export function writeText(readings: Pick<Readings, 'series'>): string {
  let text = '';
  for (const part of toParts(readings)) text += part;
  return text;
}

/** The same, in several turns of the event loop: the metrics of 10,000 routers would block it for a tenth of a second. */
export async function writeTextInTurns(readings: Pick<Readings, 'series'>): Promise<string> {
  let text = '';
  for (const part of toParts(readings)) {
    text += part;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return text;
}

/** Maximum number of series in a part. */
const partSize = 2_000;

function* toParts({ series }: Pick<Readings, 'series'>): Generator<string> {
  let text = '';
  for (const [name, { type, help }] of Object.entries(definitions)) {
    const all = series[name as MetricName] ?? [];
    if (all.length === 0) continue;
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [at, one] of all.entries()) {
      text +=
        one.buckets === undefined ? `${name}${braced(one.labels)} ${toText(one.value)}\n` : write(name, one);
      if ((at + 1) % partSize !== 0) continue;
      yield text;
      text = '';
    }
  }
  yield text;
}

function write(name: string, { labels, value, buckets }: Series): string {
  let text = '';
  let count = 0;
  const before = labels === '' ? '' : `${labels},`;
  buckets?.counts.forEach((inBucket, index) => {
    count += inBucket;
    const bound = buckets.bounds[index] ?? Infinity;
    text += `${name}_bucket{${before}le="${toText(bound)}"} ${count}\n`;
  });
  return `${text}${name}_sum${braced(labels)} ${toText(value)}\n${name}_count${braced(labels)} ${count}\n`;
}

const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

const toText = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
