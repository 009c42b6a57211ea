import type { Node, YAMLError } from 'yaml';
import { LineCounter, isScalar, parseAllDocuments } from 'yaml';
import type { Document, ParsedDocuments } from './document.ts';
import type { Place, Problem } from './place.ts';
import type { Found } from './yaml-tree.ts';
import { indexYaml } from './yaml-tree.ts';

/** Parses YAML 1.2 with merge keys, one or more documents; empty documents are left out. */
export function parseYaml(text: string, file: string): ParsedDocuments {
  const counter = new LineCounter();
  const toPlace = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
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
      // Its check compares every key with every other; ours is part of the index.
      uniqueKeys: false,
    });
    for (const root of parsed) {
      for (const error of root.errors) report(toPlace(error.pos[0]), describe(error));
      const { faults, find } = indexYaml(root);
      for (const { offset, message } of faults) report(toPlace(offset), message);
      if (problems.length > 0 || root.contents === null) continue;
      // Its limit is a count of 100 per anchor, which an ordinary file exceeds; the index limits the size instead.
      const value: unknown = root.toJS({ maxAliasCount: -1 });
      // `---` with nothing but comments below it.
      if (value === null) continue;
      documents.push({ file, value, placeOf: (path, part) => toPlace(startOfPart(find(path), part, text)) });
    }
  } catch {
    // Nested too deeply for the parser's recursion.
    report({ file, line: 1, column: 1 }, 'is nested too deeply');
  }
  return { documents: problems.length > 0 ? [] : documents, problems };
}

/** The parser's words without what it quotes of the source, which could be a secret. */
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

function startOfPart({ key, value }: Found, part: 'key' | 'value' | undefined, text: string): number {
  const node = key !== undefined && (part === 'key' || !isScalar(value)) ? key : (value ?? key);
  return node === undefined ? 0 : startOf(node, text);
}

function startOf(node: Node, text: string): number {
  const start = node.range?.[0] ?? 0;
  if (!isScalar(node)) return start;
  if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') return start + 1;
  if (node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED') return start;
  // `|` or `>`, then the text, indented, on the lines below.
  const header = text.indexOf('\n', start);
  const first = header < 0 ? -1 : text.slice(header).search(/[^\s]/);
  return first < 0 || header + first >= (node.range?.[1] ?? 0) ? start : header + first;
}
