import type { YAMLError } from 'yaml';
import { LineCounter, isScalar, parseAllDocuments } from 'yaml';
import type { Document, ParsedDocuments, EntryPart } from './document.ts';
import type { Path } from './path.ts';
import type { Place, Problem } from './place.ts';
import { toColumn } from './place.ts';
import { offsetInScalar } from './yaml-scalar.ts';
import { alignQuotedScalars } from './yaml-quoted.ts';
import type { YamlTree } from './yaml-tree.ts';
import { indexYaml } from './yaml-tree.ts';

/** Parses YAML 1.2 with merge keys, one or more documents; empty documents are skipped. */
export function parseYaml(text: string, file: string): ParsedDocuments {
  const parsed = parseStrictly(text, file);
  let again = parsed;
  let aligned: string | undefined = text;
  // In a flow collection, a scalar is found when the scalars before it are aligned.
  for (let round = 0; round < maxRounds && isCut(again); round += 1) {
    aligned = alignQuotedScalars(aligned);
    if (aligned === undefined) return parsed;
    again = parseStrictly(aligned, file);
  }
  return again.problems.length === 0 ? again : parsed;
}

const maxRounds = 8;

const isCut = ({ problems }: ParsedDocuments): boolean =>
  problems.some(({ message }) => message.startsWith('Missing closing'));

function parseStrictly(text: string, file: string): ParsedDocuments {
  const counter = new LineCounter();
  // Without characters of two code units there is nothing to count.
  const isWide = /[\ud800-\udbff]/.test(text);
  const toPlace = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    const column = isWide ? toColumn(text, offset - col + 1, offset) : col;
    return { file, line: Math.max(line, 1), column: Math.max(column, 1) };
  };
  const problems: Problem[] = [];
  const report = (place: Place, message: string): void =>
    void problems.push({ severity: 'error', place, code: 'syntax', path: '', message });
  const documents: Document[] = [];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: counter,
      merge: true,
      prettyErrors: false,
      logLevel: 'error',
      // The parser's check compares every pair of keys; here it is part of the index.
      uniqueKeys: false,
    });
    for (const root of parsed) {
      for (const error of root.errors) report(toPlace(error.pos[0]), describe(error));
      const tree = indexYaml(root);
      for (const { offset, message } of tree.faults) report(toPlace(offset), message);
      if (problems.length > 0 || root.contents === null) continue;
      // The parser's limit is 100 aliases per anchor, which an ordinary file exceeds; the index limits the size instead.
      const value: unknown = root.toJS({ maxAliasCount: -1 });
      // `---` followed only by comments.
      if (value === null) continue;
      documents.push({ file, value, placeOf: (path, part) => toPlace(offsetOf(tree, path, part, text)) });
    }
  } catch {
    // Nested too deeply for the parser's recursion.
    report({ file, line: 1, column: 1 }, 'is nested too deeply');
  }
  return { documents: problems.length > 0 ? [] : documents, problems };
}

/** The parser's message without its quotation of the source, which could be a secret. */
function describe(error: YAMLError): string {
  switch (error.code) {
    case 'UNEXPECTED_TOKEN':
    case 'TAG_RESOLVE_FAILED':
    case 'BAD_DQ_ESCAPE':
      return error.message.replace(/:? .?["'\\:].*$/s, '');
    default:
      return error.message;
  }
}

function offsetOf(tree: YamlTree, path: Path, part: EntryPart | undefined, text: string): number {
  const { key, value } = tree.find(path);
  if (typeof part === 'number') {
    // An alias has the position of its anchor.
    const target = tree.follow(value);
    if (isScalar(target) && typeof target.value === 'string') return offsetInScalar(target, text, part);
  }
  const node = key !== undefined && (part === 'key' || !isScalar(value)) ? key : (value ?? key);
  return isScalar(node) ? offsetInScalar(node, text, 0) : (node?.range?.[0] ?? 0);
}
