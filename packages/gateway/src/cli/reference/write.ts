import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createReference } from './create.ts';
import { createInputTypes } from './input-types.ts';
import { createManifests } from './kubernetes/create.ts';

// `node write.js REFERENCE DEPLOY MIDDLEWARE`: a tool of this repository, not of the published package.
const [reference = 'docs/reference', deploy = 'deploy', middleware = 'packages/middleware/src'] =
  process.argv.slice(2);
write(reference, createReference());
write(deploy, createManifests());
write(middleware, createInputTypes());

function write(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
