// Bundles the command and the dashboard from their sources: `npm run bundle`. Reading hundreds of small files took half the time of a start. Packages that
// connect to servers or do cryptography are `dependencies` and stay outside, so that a fix of one reaches an installation without a
// release of this package. Libraries that read configurations and write logs are `devDependencies`, and become part of the bundle.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { buildDashboard } from '../dashboard/build.mjs';

const read = (path) => readFileSync(path, 'utf8');
const { dependencies, peerDependencies } = JSON.parse(read(join(import.meta.dirname, 'package.json')));
const outside = Object.keys({ ...dependencies, ...peerDependencies });

/** Folder of the package that a module belongs to; undefined for a module of this repository. */
const packageFolder = (id) => /^.*[/]node_modules[/](?:@[^/]+[/])?[^/]+/.exec(id)?.[0];

/** Name, version and licence of a package, as its licence requires of copies. */
function noticeOf(folder) {
  const { name, version } = JSON.parse(read(join(folder, 'package.json')));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} ${version} has no licence file, so it cannot be bundled`);
  return `${name} ${version}\n\n${read(join(folder, file)).trim()}\n`;
}

/** Writes the licences of bundled packages beside the bundle. */
const licences = {
  name: 'licences',
  generateBundle(_options, bundle) {
    const ids = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? []);
    const folders = new Set(ids.map(packageFolder).filter((folder) => folder && existsSync(folder)));
    const source = [...folders]
      .map(noticeOf)
      .sort()
      .join(`\n${'-'.repeat(80)}\n\n`);
    this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source });
  },
};

const bundle = await rolldown({
  cwd: import.meta.dirname,
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  external: outside.map((name) => new RegExp(`^${name}(?:/|$)`)),
  resolve: { conditionNames: ['grantgate-source', 'node', 'module', 'default'] },
  transform: { target: 'node20.19' },
  plugins: [licences],
});
// Names and lines stay, so that a stack trace can be read. With `node --enable-source-maps` it names the files of the repository.
await bundle.write({
  dir: 'bundle',
  cleanDir: true,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  minify: false,
  comments: { legal: false, annotation: false, jsdoc: false },
  sourcemap: true,
  sourcemapExcludeSources: true,
});
await bundle.close();
await buildDashboard(join(import.meta.dirname, 'bundle/dashboard'), [licences]);
