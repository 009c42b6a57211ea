import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from './document.ts';
import { createParseYaml } from './yaml-stream.ts';
import { parseYaml } from './yaml.ts';

/** All properties of a document. */
const show = ({ file, value, placeOf }: Document): unknown => {
  const walk = (at: unknown, path: readonly (string | number)[]): unknown[] => [
    [path, placeOf(path), placeOf(path, 'key'), placeOf(path, 1)],
    ...(typeof at === 'object' && at !== null
      ? Object.entries(at).flatMap(([key, item]) => walk(item, [...path, Array.isArray(at) ? Number(key) : key]))
      : []),
  ];
  return [file, value, walk(value, [])];
}; // prettier-ignore

describe('a YAML file that changes', () => {
  it('yields the same as parsing from scratch, however it changes', () => {
    const piece = fc.constantFrom(
      'a: 1\n',
      'a: {b: [x, "é😀", \'y\']}\n',
      'a: |\n  text\n  --- more\n\n',
      'a: |+\n  kept\n\n\n',
      'b: >-\n  folded\n  text\n',
      '# only a comment\n',
      '',
      'a: &x 1\nb: *x\n',
      'b: *x\n',
      '- list\n',
      'text\n',
      '|\n  block\n',
      'a: 1\r\nb: 2\r\n',
      'a: "over\n  lines"\n',
      'a: "over\n',
      'lines"\n',
      'a: {b: 1,\n',
      'c: 2}\n',
      '%YAML 1.2\n',
      '...\n',
      'a: 1\nb: 2',
      'broken: [\n',
    );
    const marker = fc.constantFrom('---\n', '---\n', '---\n', '--- # comment\n', '---\r\n', '--- \n', '--- {x: 1}\n', '--- |\n', '---a: 1\n', ' ---\n');
    const text = fc
      .array(fc.tuple(fc.option(marker, { nil: '' }), piece), { maxLength: 6 })
      .map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
        const parse = createParseYaml('a.yaml');
        for (const one of [...texts, ...texts]) {
          const [again, scratch] = [parse(one), parseYaml(one, 'a.yaml')];
          expect(again.problems).toEqual(scratch.problems);
          expect(again.documents.map(show)).toEqual(scratch.documents.map(show));
        }
      }),
      { numRuns: 400 },
    );
  }); // prettier-ignore

  it('keeps unchanged documents that stay on the same line', () => {
    const parse = createParseYaml('a.yaml');
    const first = parse('a: 1\n---\na: 2\n---\na: 3\n').documents;
    const second = parse('a: 1\n---\na: 9\n---\na: 3\n').documents;
    expect([second[0] === first[0], second[1] === first[1], second[2] === first[2]]).toEqual([true, false, true]);
    // One more line above it: another place.
    const third = parse('a: 1\n---\na: 9\nb: 9\n---\na: 3\n').documents;
    expect([third[0] === first[0], third[2] === first[2]]).toEqual([true, false]);
    expect(third[2]!.placeOf(['a']).line).toBe(6);
    expect(parse('').documents).toEqual([]);
  }); // prettier-ignore

  it('distinguishes two documents with the same text by their lines', () => {
    const { documents } = createParseYaml('a.yaml')('---\na: 1\n---\na: 1\n');
    expect(documents.map(({ placeOf }) => placeOf(['a']).line)).toEqual([2, 4]);
  });
});
