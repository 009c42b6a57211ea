import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createReference } from './create.ts';

// `node write.js FOLDER`: a tool of this repository, not of the published package.
const [folder = 'docs/reference'] = process.argv.slice(2);
for (const [path, text] of createReference()) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
