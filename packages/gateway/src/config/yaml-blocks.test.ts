import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from './document.ts';
import { isMapping, type Path } from './path.ts';
import { createParseBlocks } from './yaml-blocks.ts';
import { parseYaml } from './yaml.ts';

/** The entries of several documents together; every entry is in exactly one of them. */
function merge(values: readonly unknown[]): unknown {
  const merged: Record<string, unknown> = {};
  for (const value of values)
    for (const [name, item] of Object.entries(value as object)) {
      const before = merged[name];
      merged[name] = isMapping(before) && isMapping(item) ? merge([before, item]) : item;
    }
  return merged;
}

function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value))
    yield* pathsOf(item, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** Every place in a document equals that in the whole. */
function expectPlaces({ value, placeOf }: Document, whole: Document): void {
  for (const path of pathsOf(value)) {
    // The root begins with its first entry.
    if (path.length === 0) continue;
    for (const part of ['key', 'value', 1] as const)
      expect(placeOf(path, part)).toEqual(whole.placeOf(path, part));
    expect(placeOf([...path, 'missing'])).toEqual(whole.placeOf([...path, 'missing']));
  }
}

const name = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map((index) => `r${index}`),
  fc.constantFrom('"quoted"', "'single'", 'with-dash', 'a.b', '12', 'true', '~x'),
);
const entryOf = (indent: string) =>
  fc.tuple(name, fc.constantFrom(
    ': {rule: "Host(`a`)", service: s}\n',
    ':\n  rule: Host(`a`) && !Path(`/b`)\n  service: "é😀"\n',
    ':\n  middlewares:\n  - one\n  - two\n\n',
    ':\n  middlewares: [a,\n    b]\n  # a comment\n',
    ': |\n  text: here\n  # no comment\n\n',
    ': >-\n  folded\n\n  text\n',
    ': "over\n  two lines"\n',
    ': &anchor {a: 1}\n',
    ': *anchor\n',
    ':\n',
    ': plain text\n  that goes on\n',
    ': "left\nalone"\n',
    ': {open:\n',
    ': 1 # said\r\n',
    ':{a: 1}\n',
    '\n',
    ':\n\ttab: 1\n',
  )).map(([key, rest]) => `${key}${rest}`.replace(/^(?!$)/gm, indent)); // prettier-ignore
const comment = fc.constantFrom('', '', '', '# between\n', '\n', '      # indented\n');
const sectionOf = (title: string) =>
  fc
    .tuple(
      fc.constantFrom('', '', ' # said', ' {}'),
      fc.array(fc.tuple(entryOf('    '), comment), { maxLength: 6 }),
    )
    .map(([after, entries]) => `  ${title}:${after}\n${entries.flat().join('')}`);
const http = fc
  .tuple(fc.constantFrom('http:\n', 'http:\n', 'http: # routes\n', '"http":\n', 'HTTP:\n'), fc.array(fc.constantFrom('routers', 'services', 'middlewares', 'others'), { maxLength: 4 }).chain((titles) => fc.tuple(...titles.map(sectionOf))))
  .map(([key, sections]) => key + sections.join('')); // prettier-ignore
const text = fc
  .tuple(fc.constantFrom('', '', '# first\n', '---\n', '%YAML 1.2\n---\n'), fc.constantFrom('', '', 'tcp: {}\n', 'kind: X\n'), http, fc.constantFrom('', '', 'udp:\n  a: 1\n', '...\n', '---\nb: 1\n', '- a\n'))
  .map((parts) => parts.join('')); // prettier-ignore

describe('a large document that is parsed in parts', () => {
  it('yields the same as the whole document, value by value and place by place, however it changes', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (texts) => {
        const parse = createParseBlocks('a.yaml', 0);
        for (const one of [...texts, ...texts]) {
          const documents = parse(one);
          if (documents === undefined) continue;
          taken += 1;
          const { documents: wholes, problems } = parseYaml(one, 'a.yaml');
          expect(problems).toEqual([]);
          expect(wholes).toHaveLength(1);
          expect(merge(documents.map(({ value }) => value))).toEqual(wholes[0]!.value);
          for (const document of documents) expectPlaces(document, wholes[0]!);
        }
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  const lines = (count: number, change = (line: string): string => line): string =>
    `http:\n  routers:\n${Array.from({ length: count }, (_, index) => change(`    r${index}: {rule: "Path(\`/${index}\`)", service: s}\n`)).join('')}`;

  it('keeps all parts except the changed one', () => {
    const parse = createParseBlocks('a.yaml');
    const before = parse(lines(3000))!;
    expect(before.length).toBeGreaterThan(20);
    const after = parse(lines(3000, (line) => line.replace('/1500`', '/changed`')))!;
    expect(after.filter((document, at) => document !== before[at])).toHaveLength(1);
    // One more line: entries below it have moved, but are not parsed again; those above stay.
    const longer = parse(lines(3000, (line) => line.replace('    r1500:', '    # new\n    r1500:')))!;
    const same = longer.filter((document) => before.includes(document)).length;
    expect(same).toBeGreaterThan(5);
    expect(longer.at(-1)!.value).toBe(before.at(-1)!.value);
    expect(longer.at(-1)!.placeOf(['http', 'routers', 'r2999']).line).toBe(3003);
  });

  it('is parsed as a whole when a key occurs twice, and in parts again when that is fixed', () => {
    const parse = createParseBlocks('a.yaml');
    const before = parse(lines(3000))!;
    expect(parse(lines(3000, (line) => line.replace('r2900:', 'r100:')))).toBeUndefined();
    expect(parse(lines(3000))).toEqual(before);
    expect(parse(lines(3000))!.every((document, at) => document === before[at])).toBe(true);
  });

  it('is parsed as a whole when it is small', () => {
    expect(createParseBlocks('a.yaml')(lines(10))).toBeUndefined();
  });
});
