import { readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const contributing = readFileSync(new URL('CONTRIBUTING.md', root), 'utf8');

/** Folders with source files, relative to the package's `src`. */
const foldersOf = (source: string): readonly string[] => {
  const sources = readdirSync(new URL(source, root), { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && !/\.(test|testkit)\.ts$/.test(path),
  );
  // One folder for each kind of middleware: adding one touches no table.
  const folders = sources.map((path) => dirname(path).replace(/^middlewares\/.+/, 'middlewares/KIND'));
  return [...new Set(folders)].filter((folder) => folder !== '.').sort();
};

/** Folders in the table that follows the mention of the package's `src`. */
const listedFor = (source: string): readonly string[] => {
  const [, text = ''] = contributing.split(`\n\`${source}\`, `);
  const [, table = ''] = /\n\n(\| folder .*?)\n\n/s.exec(text) ?? [];
  return Array.from(table.matchAll(/^\| `([^`]+)`/gm), ([, folder = '']) => folder).sort();
};

describe.each(['packages/middleware/src', 'packages/gateway/src', 'packages/dashboard/src'])(
  'CONTRIBUTING.md',
  (source) => {
    it(`lists every folder of ${source}, and no other`, () => {
      expect(listedFor(source)).toEqual(foldersOf(source));
    });
  },
);
