import { describe, expect, it } from 'vitest';
import { parseDocuments } from './parse-documents.ts';

const read = (text: string) => {
  const { documents, problems } = parseDocuments(text, 'a.yaml');
  return { values: documents.map(({ value }) => value), documents, problems };
};

describe('a quoted scalar of several lines', () => {
  it.each([
    ['a:\n  b:\n    rule: "x ||\n  y"\n    c: 1\n', { b: { rule: 'x || y', c: 1 } }],
    ["a:\n  - rule: 'it''s\n  here'\n    c: 1\n", [{ rule: "it's here", c: 1 }]],
    ['a:\n  b: "x \\"\n\n\ty"\n  c: 1\n', { b: 'x "\ny', c: 1 }],
    ['a:\n  b: ["one\ntwo", "three\nfour"]\n  c: 1\n', { b: ['one two', 'three four'], c: 1 }],
    ['a:\n  b: "one\ntwo"\n  c: "three\nfour"\n', { b: 'one two', c: 'three four' }],
  ])('may have lines that are indented less than its key: %j', (text, value) => {
    expect(read(text)).toMatchObject({ problems: [], values: [{ a: value }] });
  });

  it('leaves the lines of other values unchanged', () => {
    const { documents, problems } = read('a:\n  b: "x\ny"\n  c: 1\n');
    expect(problems).toEqual([]);
    expect(documents[0]?.placeOf(['a', 'c'])).toMatchObject({ line: 4, column: 6 });
  });

  it.each(['a:\n  b: "x\n  c: 1\n', "a:\n  b: 'x\n---\na: 'y'\n", 'a:\n  b: "x\ny"\n c: 1\n'])(
    'is reported when it is not terminated or otherwise malformed: %j',
    (text) => {
      expect(read(text).problems).not.toEqual([]);
    },
  );
});
