import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const script = join(root, 'scripts/prose.mjs');
const folder = mkdtempSync(join(tmpdir(), 'grantgate-prose-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Findings in one file, without its name. */
function findingsIn(name: string, text: string): readonly string[] {
  const file = join(folder, name);
  writeFileSync(file, text);
  const { status, stderr } = spawnSync(process.execPath, [script, relative(root, file)], {
    encoding: 'utf8',
  });
  const lines = stderr.split('\n').filter((line) => line !== '');
  expect(status).toBe(lines.length > 0 ? 1 : 0);
  return lines.map((line) => line.slice(line.indexOf(name) + name.length + 1));
}

// Joined from parts, so that this file contains none of them.
const anew = ['a', 'new'].join('');
const forEver = ['for', 'ever'];

describe('npm run prose', () => {
  it('finds a phrase in a page, across lines too', () => {
    const text = `# Title\n\nIt opens the file ${anew}, and waits ${forEver[0]}\n${forEver[1]}.\n`;
    expect(findingsIn('page.md', text)).toEqual([
      `3: "${anew}": say again`,
      `3: "${forEver.join(' ')}": say indefinitely`,
    ]);
  });

  it('finds a phrase in comments and messages of a source, but not in its names', () => {
    const text = `/**\n * Waits ${forEver[0]}\n * ${forEver[1]}.\n */\nexport const ${anew} = '${anew}';\n// One line ${forEver[0]}\n// ${forEver[1]}.\nlog('opened ${anew}');\n`;
    expect(findingsIn('source.ts', text)).toEqual([
      `8: "${anew}": say again`,
      `2: "${forEver.join(' * ')}": say indefinitely`,
      `6: "${forEver.join(' // ')}": say indefinitely`,
    ]);
  });

  it('finds a sentence of a comment that begins with a clause, unless it is a question', () => {
    const text = `/** What it is. */\n/**\n * The rest. Those that\n * stay.\n *\n * What now?\n */\n// Says what it is.\nlog('What is left');\n`;
    expect(findingsIn('clauses.ts', text)).toEqual([
      '1: "What": begin with the noun that it stands for',
      '3: "Those that": begin with the noun that it stands for',
    ]);
  });

  it('finds nothing in this project', () => {
    expect(execFileSync(process.execPath, [script], { cwd: root, encoding: 'utf8' })).toBe('');
  });
});
