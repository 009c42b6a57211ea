import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './io.testkit.ts';

const json =
  '{"active":true,"grp":"admin","scope":"reader writer","areas":["office","home"],"exp":9007199254740993}';
const encode = (text: string): string => Buffer.from(text).toString('base64url');
const token = `${encode('{"alg":"none"}')}.${encode(json)}.c2lnbmF0dXJl`;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantgate-'));
  writeFileSync(join(folder, 'claims.json'), json);
  writeFileSync(join(folder, 'marked.json'), `\uFEFF${json}`);
  writeFileSync(join(folder, 'list.json'), '[1]');
});
afterAll(() => rmSync(folder, { recursive: true }));

const claims = (expression: string, ...more: string[]) =>
  runCommand(['claims', expression, ...more], { cwd: folder, stdin: json });

describe('grantgate claims', () => {
  it('reports that the claims of a file satisfy the expression, with the reason, and exits 0', async () => {
    const { code, stdout, stderr } = await claims(
      'Equals(`grp`, `admin`) && !OneOf(`areas`, `lab`)',
      '--claims',
      'claims.json',
    );
    expect(stdout).toBe(
      [
        'true',
        '',
        '  true   Equals(`grp`, `admin`)  the claim grp is "admin"',
        '  false  OneOf(`areas`, `lab`)   the claim areas is an array of 2: ["office","home"]',
        '',
      ].join('\n'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each(['marked.json', '-'])('reads claims after a byte order mark in %s', async (file) => {
    const { code } = await runCommand(['claims', 'Equals(`grp`, `admin`)', '--claims', file], {
      cwd: folder,
      stdin: `\uFEFF${json}`,
    });
    expect(code).toBe(0);
  });

  it('exits 1 when the claims do not satisfy the expression', async () => {
    const { code, stdout } = await claims('Equals(`exp`, `9007199254740992`)', '--claims', '-');
    expect(code).toBe(1);
    expect(stdout).toBe(
      'false\n\n  false  Equals(`exp`, `9007199254740992`)  the claim exp is 9007199254740993\n',
    );
  });

  it('reads the claims of a token, and never repeats the token', async () => {
    const { code, stdout, stderr } = await claims('Contains(`areas`, `home`)', '--token', token);
    expect(code).toBe(0);
    for (const part of token.split('.')) expect(stdout + stderr).not.toContain(part);
    for (const copied of [`Bearer ${token}`, `bearer  ${token} `, `Authorization: Bearer ${token}`])
      expect((await claims('Contains(`areas`, `home`)', '--token', copied)).stdout).toBe(stdout);
    const fromStdin = await runCommand(['claims', 'Contains(`areas`, `home`)', '--token', '-'], {
      stdin: `${token}\n`,
    });
    expect(fromStdin.stdout).toBe(stdout);
  });

  it.each([
    ['Equals(`grp` `admin`)', '1:14: ', '             ^^^^^^^'],
    ['Equals(`grp`, `admin`)\n  && Equal(`a`, `b`)', '2:6: unknown function Equal', '     ^^^^^'],
    ['', '1:1: ', '^'],
  ])('shows where the expression %j is wrong, and exits 2', async (expression, start, caret) => {
    const { code, stdout, stderr } = await claims(expression, '--claims', 'claims.json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.startsWith(start)).toBe(true);
    expect(stderr.split('\n').at(-2)).toBe(caret);
  });

  it('prints JSON, including errors', async () => {
    const good = await claims('Equals(`active`, `true`)', '--claims', 'claims.json', '--json');
    expect(JSON.parse(good.stdout)).toEqual({
      result: true,
      calls: [
        {
          text: 'Equals(`active`, `true`)',
          offset: 0,
          length: 24,
          result: true,
          why: 'the claim active is true',
        },
      ],
    });
    const bad = await claims('Nope(`a`)', '--claims', 'claims.json', '--json');
    expect(bad).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(bad.stdout)).toMatchObject({ errors: [{ line: 1, column: 1, length: 4 }] });
  });

  it.each([
    [[], 'expected either --claims FILE or --token JWT'],
    [['--claims', 'claims.json', '--token', token], 'expected either --claims FILE or --token JWT'],
    [['--claims', 'nowhere.json'], 'nowhere.json cannot be read (ENOENT)'],
    [['--claims', 'list.json'], 'list.json does not contain a JSON object of claims'],
    [['--token', 'b3BhcXVl'], 'the token is opaque (not a signed JWT), so its claims cannot be read'],
  ])('exits 2 when no claims are available: %j', async (flags, message) => {
    expect(await claims('Equals(`grp`, `admin`)', ...flags)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });

  it('is coloured on a terminal only', async () => {
    const options = { stdin: json, colors: true };
    const { stdout } = await runCommand(['claims', 'Equals(`grp`, `x`)', '--claims', '-'], options);
    expect(stdout.startsWith('\u001b[31mfalse\u001b[39m\n')).toBe(true);
  });
});
