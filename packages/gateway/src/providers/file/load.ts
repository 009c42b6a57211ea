import { sep } from 'node:path';
import type { Document, ParsedDocuments } from '../../config/document.ts';
import { createParseDocuments } from '../../config/parse-documents.ts';
import type { LocalReferences } from '../../config/local-references.ts';
import type { Problem } from '../../config/place.ts';
import type { ProviderOutput } from '../provider.ts';
import { createReadFiles } from './files.ts';

/** Reads routes from files and directories: both formats, all problems at once. Never rejects. */
export function loadFiles(
  paths: readonly string[],
  localReferences?: LocalReferences,
): Promise<ProviderOutput> {
  return createFileLoader(paths, localReferences)();
}

/**
 * The same, again and again: a file that can no longer be read or parsed keeps the entries it had the last time it could,
 * while its problem is reported; so do the files of a directory that cannot be listed. A file that is gone takes its
 * entries with it. A file that has not changed is not parsed again.
 *
 * @param localReferences what their middlewares may use of the gateway's environment and files; default: any.
 */
export function createFileLoader(
  paths: readonly string[],
  localReferences?: LocalReferences,
): () => Promise<ProviderOutput> {
  const restrict = createRestrict(localReferences);
  const readFiles = createReadFiles(paths);
  let lastGood: ReadonlyMap<string, Good> = new Map();
  return async () => {
    const good = new Map<string, Good>();
    const problems: Problem[] = [];
    for (const read of await readFiles()) {
      const { file } = read;
      const before = lastGood.get(file);
      if (read.text === undefined) {
        problems.push(createFault(file, read.fault));
        if (!read.isGone)
          for (const [path, kept] of lastGood)
            if (path === file || path.startsWith(`${file}${sep}`)) good.set(path, kept);
      } else if (before?.text === read.text) {
        good.set(file, before);
      } else if (before !== undefined && before.documents.length > 0 && read.text.trim() === '') {
        // Whoever writes it has emptied it first, and may be slow. What should be gone is removed.
        good.set(file, before);
        problems.push({
          ...createFault(file, 'is empty: its last good routes stay until it has others or is removed'),
          severity: 'warning',
          code: 'empty_file',
        });
      } else {
        const parse = before?.parse ?? createParseDocuments(file);
        const { documents, problems: found } = parse(read.text);
        problems.push(...found);
        if (found.length === 0)
          good.set(file, { text: read.text, documents: documents.map(restrict), parse });
        else if (before !== undefined) good.set(file, before);
      }
    }
    lastGood = good;
    return { documents: Array.from(good.values(), ({ documents }) => documents).flat(), problems };
  };
}

/** The same document gives the same object each time: what was made of it is used again. */
function createRestrict(localReferences: LocalReferences | undefined): (document: Document) => Document {
  if (localReferences === undefined) return (document) => document;
  const restricted = new WeakMap<Document, Document>();
  return (document) => {
    let own = restricted.get(document);
    if (own === undefined) restricted.set(document, (own = { ...document, localReferences }));
    return own;
  };
}

interface Good {
  readonly text: string;
  readonly documents: readonly Document[];
  /** Knows what it has parsed. */
  readonly parse: (text: string) => ParsedDocuments;
}

const createFault = (file: string, message: string): Problem => ({
  severity: 'error',
  place: { file, line: 0, column: 0 },
  code: 'unreadable_file',
  path: '',
  message,
});
