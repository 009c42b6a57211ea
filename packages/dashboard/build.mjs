// Builds the dashboard into a folder: `index.html`, and files whose names change with their contents.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { rolldown } from 'rolldown';

const source = join(import.meta.dirname, 'src');
const read = (name) => readFileSync(join(source, name), 'utf8');

async function bundleScript(plugins) {
  const bundle = await rolldown({
    cwd: import.meta.dirname,
    input: 'src/main.tsx',
    platform: 'browser',
    resolve: { conditionNames: ['module', 'import', 'browser', 'default'] },
    transform: { target: 'es2022' },
    plugins,
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    codeSplitting: false,
    comments: { legal: false, annotation: false, jsdoc: false },
  });
  await bundle.close();
  return output;
}

/** Removes comments and indentation. No string of the style sheet contains either. */
const minifyStyles = (css) =>
  css
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s*\n\s*/g, '')
    .replace(/ *([{};,]) */g, '$1')
    .replace(/;}/g, '}')
    .replace(/: +/g, ':');

/**
 * @param {string} folder is replaced.
 * @param {import('rolldown').Plugin[]} plugins of the bundle, for licences.
 */
export async function buildDashboard(folder, plugins = []) {
  const [script, ...others] = await bundleScript(plugins);
  const files = new Map([
    ['main.js', script.code],
    ['dashboard.css', minifyStyles(read('dashboard.css'))],
    ['icon.svg', read('icon.svg')],
  ]);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let index = read('index.html').replace(/>\s+</g, '><').trim();
  for (const [name, text] of files) {
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
    const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
    if (!index.includes(`"${name}"`)) throw new Error(`index.html does not name ${name}`);
    index = index.replace(`"${name}"`, `"${hashed}"`);
    writeFileSync(join(folder, hashed), text);
  }
  writeFileSync(join(folder, 'index.html'), index);
  for (const { fileName, source: text } of others) writeFileSync(join(folder, fileName), text);
}
