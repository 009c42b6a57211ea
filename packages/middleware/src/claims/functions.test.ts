import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { compileClaims } from './compile.ts';
import { parseClaims } from './parse.ts';

/** Claim values as JSON text, and the expected reading of an independent oracle. */
type Kind = 'missing' | 'null' | 'text' | 'other';
const values: { json: string | undefined; kind: Kind; text?: string; elements?: (string | undefined)[] }[] = [
  { json: undefined, kind: 'missing' },
  { json: 'null', kind: 'null' },
  { json: '"admin"', kind: 'text', text: 'admin' },
  { json: '"adminadmin"', kind: 'text', text: 'adminadmin' },
  { json: '"reader admin writer"', kind: 'text', text: 'reader admin writer' },
  { json: '""', kind: 'text', text: '' },
  { json: '"Admin"', kind: 'text', text: 'Admin' },
  { json: '"42"', kind: 'text', text: '42' },
  { json: '"\\u0061dmin"', kind: 'text', text: 'admin' },
  { json: '"\\ud83d\\ude00"', kind: 'text', text: '\u{1F600}' },
  { json: '42', kind: 'other', text: '42' },
  { json: '42.0', kind: 'other', text: '42.0' },
  { json: '-0', kind: 'other', text: '-0' },
  { json: '1516239022', kind: 'other', text: '1516239022' },
  { json: '1.516239022e+09', kind: 'other', text: '1.516239022e+09' },
  { json: '1E5', kind: 'other', text: '1E5' },
  { json: '9007199254740993', kind: 'other', text: '9007199254740993' },
  { json: '-9223372036854775808', kind: 'other', text: '-9223372036854775808' },
  { json: '1e999', kind: 'other', text: '1e999' },
  { json: 'true', kind: 'other', text: 'true' },
  { json: 'false', kind: 'other', text: 'false' },
  { json: '[]', kind: 'other', elements: [] },
  { json: '["admin"]', kind: 'other', elements: ['admin'] },
  { json: '["x","admin","42"]', kind: 'other', elements: ['x', 'admin', '42'] },
  { json: '["adminx","xadmin"]', kind: 'other', elements: ['adminx', 'xadmin'] },
  { json: '[42,true,null]', kind: 'other', elements: ['42', 'true', undefined] },
  { json: '[["admin"],{"a":"admin"}]', kind: 'other', elements: [undefined, undefined] },
  { json: '{"admin":"admin"}', kind: 'other' },
];
const wanted = [
  'admin',
  '',
  '42',
  'true',
  'null',
  '1516239022',
  '9007199254740993',
  '1E5',
  '\u{1F600}',
  'undefined',
];
/** Position of the claim: the document around it and the path to it. */
const places: [string, (json: string | undefined) => string, string][] = [
  ['on top', (json) => (json === undefined ? '{"b":"admin"}' : `{"b":1,"a":${json}}`), 'a'],
  ['nested', (json) => (json === undefined ? '{"u":{}}' : `{"u":{"a":${json}},"a":"admin"}`), 'u.a'],
  [
    'under a key with a dot',
    (json) => (json === undefined ? '{"u":{"a":"admin"}}' : `{"u.a":${json},"u":{"a":"admin"}}`),
    'u\\.a',
  ],
  ['under a key with a backslash', (json) => (json === undefined ? '{}' : `{"u\\\\a":${json}}`), 'u\\\\a'],
  [
    'under an inherited name',
    (json) => (json === undefined ? '{}' : `{"toString":{"constructor":${json}}}`),
    'toString.constructor',
  ],
  ['under __proto__', (json) => (json === undefined ? '{}' : `{"__proto__":${json}}`), '__proto__'],
];

const oracle: Record<string, (value: (typeof values)[number], want: string) => boolean> = {
  'Equals(`KEY`, `V`)': ({ text }, want) => text === want,
  'Prefix(`KEY`, `V`)': ({ text }, want) => text !== undefined && text.slice(0, want.length) === want,
  'Contains(`KEY`, `V`)': ({ kind, text, elements }, want) =>
    kind === 'text'
      ? text!.split(want).length > 1 || want === ''
      : elements !== undefined && elements.indexOf(want) >= 0,
  'SplitContains(`KEY`, ` `, `V`)': ({ kind, text }, want) =>
    kind === 'text' && ` ${text!} `.includes(` ${want} `) && (want !== '' || text === ''),
  'OneOf(`KEY`, `other`, `V`)': ({ text, elements }, want) => [text, ...(elements ?? [])].indexOf(want) >= 0,
};

describe('a claim function', () => {
  for (const [template, expected] of Object.entries(oracle)) {
    it.each(places)(`${template} evaluates as specified for a claim %s`, (_, document, key) => {
      for (const value of values) {
        const claims = parseClaims(document(value.json))!;
        for (const want of wanted) {
          const source = template.replace('KEY', key).replace('V', want);
          for (const [written, result] of [
            [source, expected(value, want)],
            [`!${source}`, !expected(value, want)],
          ] as const) {
            const compiled = compileClaims(written);
            if (!compiled.ok) throw new Error(compiled.diagnostics[0]!.message);
            expect([written, value.json, compiled.evaluate(claims)]).toEqual([written, value.json, result]);
          }
        }
      }
    });
  }

  it.each([
    '__proto__',
    'constructor',
    'toString.name',
    'a.length',
    'a.0',
    'b.0',
    'n.text',
    'b.length',
    's.0',
  ])('finds nothing at %s, where no claim is', (key) => {
    const claims = parseClaims('{"a":"xyz","b":["x"],"n":1,"s":"q"}')!;
    for (const template of [
      'Prefix(`KEY`, ``)',
      'OneOf(`KEY`, ``, `x`, `3`, `1`, `q`)',
      'Contains(`KEY`, ``)',
    ]) {
      const compiled = compileClaims(template.replace('KEY', key));
      expect(compiled.ok && compiled.evaluate(claims)).toBe(false);
    }
  });

  it('splits by an empty separator into characters, never into halves of one', () => {
    const claims = parseClaims('{"a":"x\u{1F600}"}')!;
    const answer = (part: string) => {
      const compiled = compileClaims(`SplitContains("a", "", "${part}")`);
      return compiled.ok && compiled.evaluate(claims);
    };
    expect(answer('\u{1F600}')).toBe(true);
    expect(answer('x')).toBe(true);
    expect(answer('')).toBe(false);
  });

  it('keeps every digit of any integer', () => {
    fc.assert(
      fc.property(fc.bigInt(), (number) => {
        const compiled = compileClaims(`Equals(\`n\`, \`${number}\`)`);
        expect(compiled.ok && compiled.evaluate(parseClaims(`{"n":${number}}`)!)).toBe(true);
        expect(compiled.ok && compiled.evaluate(parseClaims(`{"n":${number + 1n}}`)!)).toBe(false);
      }),
    );
  });

  it.each([
    ['', 8, 'empty key'],
    ['.', 8, 'empty key'],
    ['a.', 8, 'empty key'],
    ['.a', 8, 'empty key'],
    ['a\\', 8, 'ends with \\'],
    ['a\\b', 8, 'unknown escape \\b'],
    ['a\\\u{1F600}', 8, 'unknown escape \\\u{1F600} in'],
  ])('rejects the key %j', (key, column, message) => {
    const compiled = compileClaims(`Equals(\`${key}\`, \`v\`)`);
    expect(compiled.ok ? [] : compiled.diagnostics).toMatchObject([
      { column, message: expect.stringContaining(message) as string },
    ]);
  });
});

describe('a claims set', () => {
  it('is an object, and uses the last of two members with one name (RFC 7519 section 4)', () => {
    for (const json of ['[]', '1', '"a"', 'null', 'true', '', '{', '{"a":}', '{"a":1} x', '{"a":01}'])
      expect(parseClaims(json)).toBeUndefined();
    expect(parseClaims('{"a":"x","a":"y"}')).toEqual({ a: 'y' });
  });

  it('may nest 256 levels, brackets in strings aside', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(parseClaims(nested(255))).toBeDefined();
    expect(parseClaims(nested(256))).toBeUndefined();
    expect(parseClaims(`{"a":"\\"${'['.repeat(1000)}","b":"\\\\"}`)).toBeDefined();
  });
});
