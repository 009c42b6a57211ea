import { sep } from 'node:path';
import type { Document, ParsedDocuments } from '../../config/document.ts';
import { isInstallDocument, isMixedDocument, toRoutesDocument } from '../../config/file-kind.ts';
import { createParseDocuments, parseDocuments } from '../../config/parse-documents.ts';
import type { LocalReferences } from '../../config/local-references.ts';
import type { Problem } from '../../config/place.ts';
import type { ProviderOutput } from '../provider.ts';
import { remember } from '../../reload/remember.ts';
import type { RouteFile } from './files.ts';
import { createReadFiles, routeFileExtensions } from './files.ts';
import { parseRoutes } from './parse-routes.ts';
import type { ForeignFile } from './foreign-file.ts';
import { describePassedOver } from './foreign-file.ts';

export interface LoadedFiles extends ProviderOutput {
  /** Problems that explain why a path yields no routes: it is missing, unreadable or empty, or has no route file. */
  readonly missing: readonly Problem[];
  /** Install configurations that are located in a directory of routes. */
  readonly installs: readonly Document[];
}

/** Reads routes from files and directories: both formats, all problems at once. Never rejects. */
export function loadFiles(paths: readonly string[], options: LoadOptions): Promise<LoadedFiles> {
  return createFileLoader(paths, options)();
}

export interface LoadOptions {
  /** The environment, for templates. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** References to the gateway's environment and files that routes may use, in options and templates; default: any. */
  readonly localReferences?: LocalReferences | undefined;
}

/**
 * Loads successive versions of the files. A file that becomes unreadable or invalid keeps its last valid entries, and its problem
 * is reported; the same applies to files of an unreadable directory. The entries of a file that was removed from a directory disappear.
 * When one of `paths` itself disappears, all its entries stay, so that an unmounted volume does not take routes down. An
 * unchanged file is neither rendered nor parsed again.
 */
export function createFileLoader(
  paths: readonly string[],
  { env, localReferences }: LoadOptions,
): () => Promise<LoadedFiles> {
  const restrict = createRestrict(localReferences);
  const readFiles = createReadFiles(paths);
  let lastGood: ReadonlyMap<string, LastGoodFile> = new Map();
  return async () => {
    const good = new Map<string, LastGoodFile>();
    const problems: Problem[] = [];
    const missing: Problem[] = [];
    const miss = (fault: Problem): void => {
      problems.push(fault);
      missing.push(fault);
    };
    const keepBelow = (folder: string): void => {
      for (const [path, kept] of lastGood)
        if (path === folder || path.startsWith(`${folder}${sep}`)) good.set(path, kept);
    };
    const parseFile = async (file: string, text: string): Promise<LastGoodFile | undefined> => {
      const parse = lastGood.get(file)?.parse ?? createParseDocuments(file);
      const { documents, problems: found } = await parseRoutes(file, text, parse, { env, localReferences });
      const isNamed = paths.includes(file);
      if (isNamed && areInstall(documents)) {
        problems.push(...found);
        const message = 'is an install configuration, not a file of routes: pass it with --config';
        miss({ ...createFault(file, message), code: 'install_file' });
        return undefined;
      }
      const passedOver = isNamed ? undefined : findPassedOver(file, text, { documents, problems: found });
      if (passedOver !== undefined) return { text, documents: [], parse, passedOver };
      problems.push(...found);
      return found.length === 0
        ? { text, documents: documents.map(toRoutesDocument).map(restrict), parse }
        : undefined;
    };
    const { files, bare } = await readFiles();
    for (const read of files) {
      const { file } = read;
      const before = lastGood.get(file);
      if (read.text === undefined) {
        const fault = createFault(file, read.fault);
        const isNamed = paths.includes(file);
        if (isNamed) miss(fault);
        else problems.push(fault);
        if (isNamed || !read.isGone) keepBelow(file);
      } else if (before?.text === read.text) {
        good.set(file, before);
      } else if (before !== undefined && before.documents.length > 0 && read.text.trim() === '') {
        // A program that writes the file may truncate it first, and may be slow. To drop its entries, remove the file.
        good.set(file, before);
        problems.push(createEmptiedWarning(file));
      } else {
        const now = (await parseFile(file, read.text)) ?? before;
        if (now !== undefined) good.set(file, now);
      }
    }
    const passed = [...good].flatMap(([file, { passedOver }]) =>
      passedOver ? [{ file, ...passedOver }] : [],
    );
    problems.push(...passed.map(({ file, reason }) => toNote(file, reason)));
    for (const path of [...bare, ...findEmptied(paths, files, passed)]) {
      keepBelow(path);
      const message = files.some(({ file }) => file === path)
        ? 'is empty: expected routes'
        : `contains no file of routes: expected ${routeFileExtensions.join(', ')}`;
      miss({ ...createFault(path, message), code: 'routes_missing' });
    }
    lastGood = good;
    return {
      missing,
      documents: Array.from(good.values(), ({ documents }) => documents).flat(),
      problems,
      installs: passed.flatMap(({ documents }) => documents.filter(({ value }) => isInstallDocument(value))),
    };
  };
}

/** Whether a file contains an install configuration without routes. */
const areInstall = (documents: readonly Document[]): boolean =>
  documents.length > 0 && documents.every(({ value }) => isInstallDocument(value) && !isMixedDocument(value));

const createEmptiedWarning = (file: string): Problem => ({
  ...createFault(file, 'is empty: keeping its last valid routes until it has others or is removed'),
  severity: 'warning',
  code: 'empty_file',
});

/** Directories in which every file is skipped. */
function findEmptied(
  paths: readonly string[],
  files: readonly Pick<RouteFile, 'file'>[],
  passed: readonly Pick<RouteFile, 'file'>[],
): readonly string[] {
  const isPassed = new Set(passed.map(({ file }) => file));
  return paths.filter((path) => {
    const below = files.filter(({ file }) => file.startsWith(`${path}${sep}`));
    return below.length > 0 && below.every(({ file }) => isPassed.has(file));
  });
}

/** The same document yields the same object each time, so that derived results can be reused. */
function createRestrict(localReferences: LocalReferences | undefined): (document: Document) => Document {
  if (localReferences === undefined) return (document) => document;
  return remember((document: Document) => ({ ...document, localReferences }));
}

interface LastGoodFile {
  readonly text: string;
  readonly documents: readonly Document[];
  /** Remembers what it has parsed. */
  readonly parse: (text: string) => ParsedDocuments;
  /** Fault of a file without routes that should have some. */
  readonly passedOver?: ForeignFile;
}

function findPassedOver(file: string, text: string, parsed: ParsedDocuments): ForeignFile | undefined {
  // A file without routes is not necessarily a template of routes.
  const { documents, problems } = parsed.problems.some(({ code }) => code === 'template')
    ? parseDocuments(text, file)
    : parsed;
  const reason = problems.length === 0 ? describePassedOver(file, documents) : undefined;
  return reason === undefined ? undefined : { reason, documents };
}

const toNote = (file: string, message: string): Problem => ({
  ...createFault(file, message),
  severity: 'warning',
  code: 'passed_over',
});

const createFault = (file: string, message: string): Problem => ({
  severity: 'error',
  place: { file, line: 0, column: 0 },
  code: 'unreadable_file',
  path: '',
  message,
});
