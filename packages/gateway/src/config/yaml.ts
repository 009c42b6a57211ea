import type { Node, ParsedNode, YAMLError } from 'yaml';
import type { Document as YamlDocument } from 'yaml';
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseAllDocuments, visit } from 'yaml';
import type { Document, ParsedDocuments } from './document.ts';
import type { Path } from './path.ts';
import type { Place, Problem } from './place.ts';

type Root = YamlDocument.Parsed;

interface Found {
  /** The node that holds the key, when the value stands in a mapping. */
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

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
    });
    for (const root of parsed) {
      for (const error of root.errors) report(toPlace(error.pos[0]), describe(error));
      for (const offset of findDanglingAliases(root))
        report(toPlace(offset), 'this alias has no anchor before it');
      if (problems.length > 0 || root.contents === null) continue;
      const value: unknown = root.toJS();
      // `---` with nothing but comments below it.
      if (value === null) continue;
      documents.push({ file, value, placeOf: (path, part) => locate(root, path, part, text, toPlace) });
    }
  } catch {
    // Nested too deeply for the parser's recursion, or aliases that multiply beyond bounds.
    report({ file, line: 1, column: 1 }, 'is nested too deeply, or its aliases refer to too much');
  }
  return { documents: problems.length > 0 ? [] : documents, problems };
}

/** Where aliases stand that name no anchor; the parser finds them only when it makes values, and without a place. */
function findDanglingAliases(root: Root): readonly number[] {
  const found: number[] = [];
  visit(root, {
    Alias(_key, alias) {
      if (alias.resolve(root) === undefined) found.push(alias.range?.[0] ?? 0);
    },
  });
  return found;
}

/** The parser's words without what it quotes of the source, which could be a secret. */
function describe(error: YAMLError): string {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return 'this key is given twice in one mapping';
    case 'UNEXPECTED_TOKEN':
    case 'TAG_RESOLVE_FAILED':
    case 'BAD_DQ_ESCAPE':
      return error.message.replace(/:? .?["'\\:].*$/s, '');
    default:
      return error.message;
  }
}

function locate(
  root: Root,
  path: Path,
  part: 'key' | 'value' | undefined,
  text: string,
  toPlace: (offset: number) => Place,
): Place {
  let at: Found = { key: undefined, value: root.contents ?? undefined };
  for (const name of path) {
    const next = childOf(root, at.value, name);
    if (next === undefined) break;
    at = next;
  }
  const { key, value } = at;
  const node = key !== undefined && (part === 'key' || !isScalar(value)) ? key : (value ?? key);
  return toPlace(node === undefined ? 0 : startOf(node, text));
}

function childOf(root: Root, parent: Node | undefined, name: string | number): Found | undefined {
  const node = isAlias(parent) ? parent.resolve(root) : parent;
  if (isMap(node)) {
    for (const { key, value } of node.items as { key: unknown; value: ParsedNode | null }[])
      if (isScalar(key) && String(key.value) === String(name)) return { key, value: value ?? undefined };
  } else if (isSeq(node) && typeof name === 'number') {
    const item = node.items[name] as Node | undefined;
    if (item !== undefined) return { key: undefined, value: item };
  }
  return undefined;
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
