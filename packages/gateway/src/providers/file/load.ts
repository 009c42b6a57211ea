import type { Document } from '../../config/document.ts';
import { parseDocuments } from '../../config/parse-documents.ts';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { readFiles } from './files.ts';
import { translate } from './translate.ts';

/** Reads routes from files and directories: both formats, all problems at once. Never rejects. */
export function loadFiles(paths: readonly string[]): Promise<DynamicConfiguration> {
  return createFileLoader(paths)();
}

/**
 * The same, again and again: a file that can no longer be read or parsed keeps the entries it had the last time it could,
 * while its problem is reported. A file that is gone takes its entries with it.
 */
export function createFileLoader(paths: readonly string[]): () => Promise<DynamicConfiguration> {
  let lastGood: ReadonlyMap<string, readonly Document[]> = new Map();
  return async () => {
    const good = new Map<string, readonly Document[]>();
    const problems: Problem[] = [];
    for (const { file, text, fault } of await readFiles(paths)) {
      const parsed =
        text === undefined
          ? { documents: [], problems: [createFault(file, fault)] }
          : parseDocuments(text, file);
      problems.push(...parsed.problems);
      good.set(file, parsed.problems.length > 0 ? (lastGood.get(file) ?? []) : parsed.documents);
    }
    lastGood = good;
    return translate([...good.values()].flat(), problems);
  };
}

const createFault = (file: string, message: string): Problem => ({
  severity: 'error',
  place: { file, line: 0, column: 0 },
  code: 'unreadable_file',
  path: '',
  message,
});
