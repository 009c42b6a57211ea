import { sep } from 'node:path';
import type { Document } from '../../config/document.ts';
import { parseDocuments } from '../../config/parse-documents.ts';
import type { Problem } from '../../config/place.ts';
import type { ProviderOutput } from '../provider.ts';
import { readFiles } from './files.ts';

/** Reads routes from files and directories: both formats, all problems at once. Never rejects. */
export function loadFiles(paths: readonly string[]): Promise<ProviderOutput> {
  return createFileLoader(paths)();
}

/**
 * The same, again and again: a file that can no longer be read or parsed keeps the entries it had the last time it could,
 * while its problem is reported; so do the files of a directory that cannot be listed. A file that is gone takes its
 * entries with it. A file that has not changed is not parsed again.
 */
export function createFileLoader(paths: readonly string[]): () => Promise<ProviderOutput> {
  let lastGood: ReadonlyMap<string, Good> = new Map();
  return async () => {
    const good = new Map<string, Good>();
    const problems: Problem[] = [];
    for (const read of await readFiles(paths)) {
      const { file } = read;
      const before = lastGood.get(file);
      if (read.text === undefined) {
        problems.push(createFault(file, read.fault));
        if (!read.isGone)
          for (const [path, kept] of lastGood)
            if (path === file || path.startsWith(`${file}${sep}`)) good.set(path, kept);
      } else if (before?.text === read.text) {
        good.set(file, before);
      } else {
        const { documents, problems: found } = parseDocuments(read.text, file);
        problems.push(...found);
        if (found.length === 0) good.set(file, { text: read.text, documents });
        else if (before !== undefined) good.set(file, before);
      }
    }
    lastGood = good;
    return { documents: Array.from(good.values(), ({ documents }) => documents).flat(), problems };
  };
}

interface Good {
  readonly text: string;
  readonly documents: readonly Document[];
}

const createFault = (file: string, message: string): Problem => ({
  severity: 'error',
  place: { file, line: 0, column: 0 },
  code: 'unreadable_file',
  path: '',
  message,
});
