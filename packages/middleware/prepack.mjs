// Prepares `dist` for npm, which runs it before it packs: `npm run prepack`. Scripts lose their comments, which are read in the
// repository, and only files that a public subpath leads to are packed: the other subpaths are for this repository alone.
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const dist = join(import.meta.dirname, 'dist');
const read = (path) => readFileSync(path, 'utf8');

/** Readers of a file see the old text or the new one: tests that run at the same time load these files. */
function replace(path, text) {
  if (existsSync(path) && read(path) === text) return;
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Subpaths that the README lists. */
function publicSubpaths() {
  const listed = read(join(import.meta.dirname, 'README.md')).matchAll(/^\| `@grantgate\/middleware(\S*)`/gm);
  return [...listed].map(([, subpath]) => `.${subpath}`);
}

/** Files of a kind that others lead to, by their imports. */
function reach(files, suffix) {
  const reached = new Set();
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const { fileName } of ts.preProcessFile(read(file)).importedFiles)
      if (fileName.startsWith('.'))
        waiting.push(resolve(dirname(file), fileName).replace(/\.[jt]s$/, '') + suffix);
  }
  return reached;
}

const { exports } = JSON.parse(read(join(import.meta.dirname, 'package.json')));
const entries = publicSubpaths().map((subpath) => exports[subpath]);
const kept = new Set([
  ...reach(
    entries.map(({ default: file }) => join(import.meta.dirname, file)),
    '.js',
  ),
  ...reach(
    entries.map(({ types }) => join(import.meta.dirname, types)),
    '.d.ts',
  ),
]);
const files = readdirSync(dist, { recursive: true })
  .map((name) => join(dist, name))
  .filter((path) => /\.(?:js|d\.ts)$/.test(path));
const ignored = files.filter((path) => !kept.has(path)).map((path) => `/${relative(dist, path)}\n`);
replace(join(dist, '.npmignore'), ignored.sort().join(''));

const compilerOptions = {
  removeComments: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
};
for (const path of files)
  if (path.endsWith('.js') && kept.has(path))
    replace(path, ts.transpileModule(read(path), { compilerOptions }).outputText);
