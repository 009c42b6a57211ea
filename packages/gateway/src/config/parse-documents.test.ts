import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from './parse-documents.ts';
import type { Path } from './path.ts';

function placeIn(text: string, file: string, path: Path, part?: 'key' | 'value', index = 0): string {
  const place = parseDocuments(text, file).documents[index]!.placeOf(path, part);
  return `${place.line}:${place.column}`;
}

describe('YAML', () => {
  const text = [
    'name: one # comment',
    '---',
    'quoted: "text"',
    'block: |',
    '  first',
    '  second',
    'list:',
    '  - a: 1',
    '    b: {c: [x, y]}',
    '',
  ].join('\n');

  it.each<[string, Path, 'key' | 'value' | undefined, number]>([
    ['1:7', ['name'], undefined, 0],
    ['3:10', ['quoted'], undefined, 1],
    ['3:1', ['quoted'], 'key', 1],
    ['5:3', ['block'], undefined, 1],
    ['7:1', ['list'], undefined, 1],
    ['8:8', ['list', 0, 'a'], undefined, 1],
    ['9:16', ['list', 0, 'b', 'c', 1], undefined, 1],
    ['9:5', ['list', 0, 'b', 'missing', 'deeper'], undefined, 1],
  ])('finds %s for %j', (expected, path, part, index) => {
    expect(placeIn(text, 'a.yaml', path, part, index)).toBe(expected);
  });

  it('leaves out empty documents', () => {
    const parsed = parseDocuments('---\n# nothing\n---\na: 1\n---\n', 'a.yaml');
    expect(parsed.documents.map(({ value }) => value)).toEqual([{ a: 1 }]);
    expect(parsed.problems).toEqual([]);
  });

  it('follows aliases and merges', () => {
    const merged = 'base: &b\n  x: 1\nother:\n  <<: *b\n  y: 2\nalias: *b\n';
    expect(parseDocuments(merged, 'a.yaml').documents[0]!.value).toMatchObject({ other: { x: 1, y: 2 } });
    expect(placeIn(merged, 'a.yaml', ['alias', 'x'])).toBe('2:6');
    expect(placeIn(merged, 'a.yaml', ['other', 'x'])).toBe('3:1');
  });

  it.each([
    ['a: 1\nb: 2\na: 3\n', '3:1', 'duplicate key'],
    ['a: *nowhere\n', '1:4', 'undefined alias'],
    ['a: [1, 2\nb: 3\n', '2:1', expect.any(String)],
    ['a: "hunter2\n', '2:1', expect.any(String)],
  ])('reports the syntax of %j at %s', (text, at, message) => {
    const { documents, problems } = parseDocuments(text, 'a.yaml');
    expect(documents).toEqual([]);
    const [first] = problems;
    expect(first).toMatchObject({ severity: 'error', code: 'syntax', message: message as string });
    expect(`${first!.place.line}:${first!.place.column}`).toBe(at);
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|nowhere/);
  });

  it('refuses documents that are nested too deeply, and aliases that multiply', () => {
    const deep = parseDocuments(`a: ${'['.repeat(50_000)}`, 'a.yaml');
    expect(deep.problems.length).toBeGreaterThan(0);
    const levels = Array.from({ length: 12 }, (_, n) => {
      const item = n === 0 ? 'x' : `*l${n - 1}`;
      return `l${n}: &l${n} [${Array.from({ length: 9 }, () => item).join(', ')}]`;
    });
    const bomb = parseDocuments(levels.join('\n'), 'a.yaml');
    expect(bomb.problems).toMatchObject([{ code: 'syntax' }]);
  });

  it('keeps a name like __proto__ as a name', () => {
    const value = parseDocuments('__proto__: {admin: true}\n', 'a.yaml').documents[0]!.value as object;
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect('admin' in value).toBe(false);
  });
});

describe('JSON', () => {
  it('has positions too', () => {
    expect(placeIn('{\n\t"http": {\n\t\t"x": "y"\n\t}\n}', 'a.json', ['http', 'x'])).toBe('3:9');
  });
});

describe('TOML', () => {
  const text = [
    'top = 1',
    '[http.routers."a.b"]',
    '  rule = "Path(`/[x]`)"',
    "  text = '''",
    'rule = "not a key"',
    "'''",
    '  list = [',
    '    "one", # ]',
    '    "two",',
    '  ]',
    '  tls.on = true',
    '[[http.servers]]',
    'url = "a"',
    '[[http.servers]]',
    'url = "b"',
    '  [http.servers.check]',
    '  path = "/"',
  ].join('\n');

  it.each<[string, Path, 'key' | 'value' | undefined]>([
    ['1:7', ['top'], undefined],
    ['2:1', ['http', 'routers', 'a.b'], undefined],
    ['3:11', ['http', 'routers', 'a.b', 'rule'], undefined],
    ['3:3', ['http', 'routers', 'a.b', 'rule'], 'key'],
    ['7:10', ['http', 'routers', 'a.b', 'list', 1], undefined],
    ['11:3', ['http', 'routers', 'a.b', 'tls'], undefined],
    ['11:12', ['http', 'routers', 'a.b', 'tls', 'on'], undefined],
    ['13:8', ['http', 'servers', 0, 'url'], undefined],
    ['15:8', ['http', 'servers', 1, 'url'], undefined],
    ['17:11', ['http', 'servers', 1, 'check', 'path'], undefined],
    ['1:1', ['nowhere'], undefined],
  ])('finds %s for %j', (expected, path, part) => {
    expect(placeIn(text, 'a.toml', path, part)).toBe(expected);
  });

  it('distinguishes a name with a dot from two names', () => {
    const twins = '["a.b"]\nx = 1\n[a.b]\nx = 2\n';
    expect(placeIn(twins, 'a.toml', ['a.b', 'x'])).toBe('2:5');
    expect(placeIn(twins, 'a.toml', ['a', 'b', 'x'])).toBe('4:5');
  });

  it('reports syntax without quoting the line', () => {
    const { problems } = parseDocuments('a = 1\nsecret = "hunter2\n', 'a.toml');
    expect(problems).toMatchObject([{ code: 'syntax', place: { file: 'a.toml', line: 2 } }]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    'a', ':', ' ', '\n', '  ', '- ', '[', ']', '{', '}', '"', "'", '|', '>', '&a', '*a', '<<', '#', '---', '=', '"""',
    '.', '\t', '!!x', '%', '\u0000', '\ufeff', '__proto__', '1', ',', '\\',
  ); // prettier-ignore
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
  );

  it.each(['a.yaml', 'a.json', 'a.toml'])('never makes the parser of %s throw', (file) => {
    fc.assert(
      fc.property(texts, (text) => {
        const { documents, problems } = parseDocuments(text, file);
        for (const { place } of problems) expect(Math.min(place.line, place.column)).toBeGreaterThan(0);
        for (const document of documents) {
          expect(document.placeOf([]).line).toBeGreaterThan(0);
          expect(document.placeOf(['a', 0, 'b']).line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
