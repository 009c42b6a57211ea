import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../predicate/diagnostic.ts';
import { compileClaims } from './compile.ts';
import { compileForwardHeaders } from './headers.ts';
import { parseClaims } from './parse.ts';

const example =
  '{"active":true,"grp":"admin","scope":"reader writer deploy","referrer":"http://example.com/foo/bar","areas":["office","home"],"user":{"name":"John Snow","status":"undead"},"exp":1516239022,"big":9007199254740993,"none":null,"a.b":"dot","x\\\\y":"back"}';
const claims = parseClaims(example)!;

function answer(source: string): boolean {
  const compiled = compileClaims(source);
  if (!compiled.ok) throw new Error(compiled.diagnostics.map((d) => renderDiagnostic(d, source)).join('\n'));
  return compiled.evaluate(claims);
}

describe('claims', () => {
  it.each([
    'Equals(`grp`, `admin`)',
    'Prefix(`referrer`, `http://example.com`)',
    'Contains(`referrer`, `/foo/`)',
    'Contains(`areas`, `home`)',
    'SplitContains(`scope`, ` `, `writer`)',
    'OneOf(`areas`, `office`, `lab`)',
    'Equals(`grp`, `admin`) && Equals(`active`, `true`)',
    '!Equals(`grp`, `testers`)',
    'Equals(`user.name`, `John Snow`)',
    'Equals(`exp`, `1516239022`)',
    'Equals(`big`, `9007199254740993`)',
    'Equals(`a\\.b`, `dot`)',
    'Equals(`x\\\\y`, `back`)',
    'equals("grp", "\\x61dmin")',
    'SPLITCONTAINS(`scope`,` `,`deploy`)',
    'Splitcontains(`scope`,` `,`deploy`)',
    '!Equals(`none`, `null`)',
    '!Equals(`__proto__`, ``) && !Prefix(`constructor.name`, ``) && !Contains(`user`, `name`)',
    'Equals(`grp`, `x`) || Equals(`grp`, `admin`) && !(Equals(`active`, `false`))',
    'OneOf(`grp`, `a`, `admin`)',
  ])('%s is true', (source) => expect(answer(source)).toBe(true));

  it.each([
    'Equals(`grp`, `Admin`)',
    'Contains(`areas`, `hom`)',
    'Equals(`missing`, ``)',
    'SplitContains(`areas`, ` `, `home`)',
    'Prefix(`areas`, `office`)',
    'OneOf(`user`, `name`)',
  ])('%s is false', (source) => expect(answer(source)).toBe(false));

  it.each([
    ['', 1, 'expected a function'],
    ['Equals(`a`, `b`) &', 18, 'expected &&'],
    ['Equals(`a`, `b`) Equals(`a`, `b`)', 18, 'expected "&&", "||" or the end of the expression'],
    ['Equals(`a`)', 1, 'takes (key, value), not 1'],
    ['Nope(`a`, `b`)', 1, 'unknown function Nope'],
    ['eQuals(`a`, `b`)', 1, 'unknown function'],
    ['Equals(`a`, b)', 13, 'expected a string'],
    ['Equals(`a`, `b`', 16, 'expected "," or ")"'],
    ['(Equals(`a`, `b`)', 18, 'expected "&&", "||" or ")"'],
    ['Equals(``, `b`)', 8, 'empty key'],
    ['Equals(`a..b`, `b`)', 8, 'empty key'],
    ['Equals("a\\q", `b`)', 10, 'unknown escape'],
    ['Equals(`a`, `b', 13, 'no closing'],
    ['!', 2, 'expected a function'],
  ])('%s is rejected at column %i: %s', (source, column, message) => {
    const compiled = compileClaims(source);
    expect(compiled.ok ? undefined : compiled.diagnostics[0]).toMatchObject({
      line: 1,
      column,
      message: expect.stringContaining(message) as string,
    });
  });

  it('are reported with a caret under the place', () => {
    const source = 'Equals(`a`, `b`) &&\n\tNope(`a`)';
    const compiled = compileClaims(source);
    expect(compiled.ok ? '' : renderDiagnostic(compiled.diagnostics[0]!, source)).toMatch(
      /^2:2: unknown function Nope.*\n\tNope\(`a`\)\n\t\^\^\^\^$/,
    );
  });

  it('fill headers, empty when missing, and control characters are refused', () => {
    const compiled = compileForwardHeaders({
      Group: 'grp',
      Areas: 'areas',
      User: 'user',
      Big: 'big',
      Nothing: 'nope',
    });
    expect(compiled.ok && compiled.evaluate(claims)).toEqual({
      ok: true,
      headers: [
        'Group',
        'admin',
        'Areas',
        'office,home',
        'User',
        '{"name":"John Snow","status":"undead"}',
        'Big',
        '9007199254740993',
        'Nothing',
        '',
      ],
    });
    expect(compiled.ok && compiled.evaluate(parseClaims('{"grp":"a\\r\\nX: y"}')!)).toEqual({
      ok: false,
      header: 'Group',
    });
  });
});
