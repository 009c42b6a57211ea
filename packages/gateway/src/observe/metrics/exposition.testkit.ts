/** Contents of an exposition. */
export interface Exposition {
  /** By name and labels as written: `name{a="b"}`. */
  readonly samples: ReadonlyMap<string, number>;
  /** By name of the metric. */
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  /** Names of the labels of each metric that has series, without `le`. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** The sum of all series of that name that have these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

const value = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|Inf)|NaN)$/;

/**
 * Reads the text format of Prometheus 0.0.4 more strictly than Prometheus does: HELP and TYPE before each metric, its series
 * together and without duplicates, counters named `_total`, complete histograms.
 *
 * @throws Error with the fault.
 */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  const labels = new Map<string, readonly string[]>();
  const samples = new Map<string, number>();
  const all: Sample[] = [];
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP (\w+) (.+)$/.exec(line);
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (help !== null) {
      family = help[1]!;
      if (helps.has(family)) throw new Error(`${family} comes twice`);
      helps.set(family, help[2]!);
    } else if (type !== null) {
      if (type[1] !== family || types.has(family)) throw new Error(`TYPE out of place: ${line}`);
      types.set(family, type[2]!);
    } else {
      const sample = parseSample(line);
      const suffixes = types.get(family) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (!suffixes.some((suffix) => sample.name === family + suffix))
        throw new Error(`a series outside its metric: ${line}`);
      const key = line.slice(0, line.lastIndexOf(' '));
      if (samples.has(key)) throw new Error(`a series comes twice: ${key}`);
      samples.set(key, sample.value);
      const names = [...sample.labels.keys()].filter((name) => name !== 'le');
      if ((labels.get(family) ?? names).join() !== names.join()) throw new Error(`other labels: ${line}`);
      labels.set(family, names);
      all.push(sample);
      if (types.get(family) === 'counter' && !(sample.value >= 0 && family.endsWith('_total')))
        throw new Error(`not a counter: ${line}`);
    }
  }
  for (const [name, type] of types) if (type === 'histogram') checkHistogram(name, all);
  return {
    samples,
    types,
    helps,
    labels,
    sum: (name, wanted = {}) =>
      all
        .filter((sample) => sample.name === name)
        .filter((sample) =>
          Object.entries(wanted).every(([label, text]) => sample.labels.get(label) === text),
        )
        .reduce((sum, sample) => sum + sample.value, 0),
  };
}

function parseSample(line: string): Sample {
  const [, name, , inner = '', text = ''] = /^([a-zA-Z_]\w*)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || !value.test(text)) throw new Error(`not a series: ${JSON.stringify(line)}`);
  const labels = new Map<string, string>();
  let rest = inner;
  while (rest !== '') {
    const label = /^([a-zA-Z_]\w*)="((?:[^"\\\r]|\\[\\"n])*)"(,(?=.)|$)/.exec(rest);
    // Only summaries have `quantile`.
    if (label === null || labels.has(label[1]!) || label[1] === 'quantile')
      throw new Error(`labels of ${JSON.stringify(line)}`);
    labels.set(
      label[1]!,
      label[2]!.replace(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char)),
    );
    rest = rest.slice(label[0].length);
  }
  return { name, labels, value: text.endsWith('Inf') ? Infinity : Number(text) };
}

function checkHistogram(name: string, all: readonly Sample[]): void {
  const keyOf = ({ labels }: Sample): string =>
    JSON.stringify([...labels].filter(([label]) => label !== 'le'));
  const of = (suffix: string): Sample[] => all.filter((sample) => sample.name === name + suffix);
  const counts = of('_count');
  if (of('_sum').map(keyOf).join() !== counts.map(keyOf).join()) throw new Error(`${name} lacks sums`);
  const buckets = of('_bucket');
  if (new Set(buckets.map(keyOf)).size !== counts.length) throw new Error(`${name} lacks buckets`);
  for (const count of counts) {
    const own = buckets.filter((bucket) => keyOf(bucket) === keyOf(count));
    own.reduce((before, bucket) => {
      const [last, now] = [before, bucket].map(({ labels }) =>
        Number(labels.get('le')?.replace('+Inf', 'Infinity')),
      );
      if (!(last! < now!) || before.value > bucket.value)
        throw new Error(`buckets of ${name} are out of order`);
      return bucket;
    });
    if (own.at(-1)?.labels.get('le') !== '+Inf' || own.at(-1)?.value !== count.value)
      throw new Error(`the last bucket of ${name} is not the count`);
  }
}

/** Series of counters and histograms that decreased or disappeared between two expositions. */
export function findDecreases(before: Exposition, after: Exposition): readonly string[] {
  const isCounted = (key: string): boolean => {
    const name = key.replace(/\{.*/s, '');
    const family = name.replace(/_(?:bucket|sum|count)$/, '');
    return before.types.get(name) === 'counter' || before.types.get(family) === 'histogram';
  };
  return [...before.samples]
    .filter(([key, was]) => isCounted(key) && !((after.samples.get(key) ?? -1) >= was))
    .map(([key, was]) => `${key}: ${was} became ${after.samples.get(key) ?? 'nothing'}`);
}
