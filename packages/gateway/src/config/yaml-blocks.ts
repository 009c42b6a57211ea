import type { Document } from './document.ts';
import type { Place } from './place.ts';
import { valueAt } from './path.ts';
import { parseYaml } from './yaml.ts';

/**
 * Consecutive entries of one large document below the same keys, as a separate document: below `http` and `routers`, for
 * example, some of the routers.
 */
interface Block {
  readonly headers: readonly TextLine[];
  /** Its lines, without those of the keys above it. */
  readonly text: string;
  /** Index of the first of these lines in the file. */
  readonly at: number;
  /** Index of the line of each entry's key in `text`. */
  readonly entries: readonly number[];
}

interface TextLine {
  readonly at: number;
  readonly text: string;
}

interface BlockContent {
  readonly parsed: Document;
  /** Its entries, each with the keys above it. */
  readonly names: readonly string[];
}

/** A parsed block and its documents, by its position. */
interface CachedBlock extends BlockContent {
  readonly moved: Map<string, Document>;
}

/** Minimum size of a text that is split, in characters. */
const largeText = 64 * 1024;

/**
 * Parses successive versions of one large document of dynamic configuration as several smaller documents with the same
 * meaning. An unchanged block on the same lines yields the same object.
 * @param large number of characters above which a text is split.
 * @returns undefined when the text is small, unusual in form, or invalid: it must be parsed as a whole.
 */
export function createParseBlocks(
  file: string,
  large = largeText,
): (text: string) => readonly Document[] | undefined {
  let known: ReadonlyMap<string, CachedBlock> = new Map();
  return (text) => {
    const blocks = text.length < large ? undefined : splitBlocks(toLines(text));
    if (blocks === undefined) {
      known = new Map();
      return undefined;
    }
    const documents: Document[] = [];
    const next = new Map<string, CachedBlock>();
    const names = new Set<string>();
    for (const block of blocks) {
      const headers = block.headers.map((header) => header.text).join('');
      const id = headers + block.text;
      const last = known.get(id);
      const parsed = last ?? parseBlock(id, block, file);
      if (parsed === undefined) return undefined;
      for (const name of parsed.names) names.add(name);
      const place = [block.at, ...block.headers.map(({ at }) => at)].join();
      const document = last?.moved.get(place) ?? moveBlock(parsed.parsed, block);
      const kept = next.get(id) ?? { ...parsed, moved: new Map<string, Document>() };
      kept.moved.set(place, document);
      next.set(id, kept);
      documents.push(document);
    }
    // A duplicate key is reported by parsing the whole text.
    if (names.size < blocks.reduce((sum, { entries }) => sum + entries.length, 0)) return undefined;
    known = next;
    return documents;
  };
}

/**
 * Undefined unless parsing yields exactly the expected entries at the expected lines: text that looks like an entry may be part
 * of another one.
 */
function parseBlock(text: string, { headers, entries }: Block, file: string): BlockContent | undefined {
  const { documents, problems } = parseYaml(text, file);
  const [parsed] = documents;
  if (parsed === undefined || documents.length > 1 || problems.length > 0) return undefined;
  const path = pathOf(parsed, headers.length);
  const names = Object.keys(valueAt(parsed.value, path) ?? {});
  const lines = names.map((name) => parsed.placeOf([...path, name], 'key').line - 1 - headers.length);
  const found = new Set(lines);
  if (names.length < entries.length || !entries.every((line) => found.has(line))) return undefined;
  return { parsed, names: names.map((name) => JSON.stringify([...path, name])) };
}

/** The keys above the entries. */
function pathOf({ value }: Document, length: number): readonly string[] {
  const path: string[] = [];
  for (let at = value; path.length < length; at = valueAt(value, path))
    path.push(Object.keys(at ?? {})[0] ?? '');
  return path;
}

function moveBlock(parsed: Document, { headers, at }: Block): Document {
  const { placeOf } = parsed;
  // Only the line numbers of the keys above it: their texts would keep the whole text in memory.
  const above = headers.map((header) => header.at);
  const move = (place: Place): Place => {
    const header = above[place.line - 1];
    return { ...place, line: header === undefined ? place.line - above.length + at : header + 1 };
  };
  return { ...parsed, placeOf: (path, part) => move(placeOf(path, part)) };
}

/** Keys whose entries are split, by the number of keys above them. */
const opened: readonly (readonly string[])[] = [['http'], ['routers', 'services', 'middlewares']];
/** Other keys that the document may have. */
const rootNames: ReadonlySet<string> = new Set(['http', 'tcp', 'udp', 'tls']);

/** One key of a mapping, with the lines before the next key. */
interface BlockEntry {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

interface BlockLevel {
  readonly indent: number;
  readonly entries: readonly BlockEntry[];
}

/** Each with its line break. */
function toLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (let from = 0, to = 0; from < text.length; from = to) {
    const end = text.indexOf('\n', from);
    to = end < 0 ? text.length : end + 1;
    lines.push(text.slice(from, to));
  }
  return lines;
}

function splitBlocks(lines: readonly string[]): readonly Block[] | undefined {
  const first = lines.findIndex((line) => !isNothing(line) && !isMarker(line));
  // Directives of documents, and characters that only some parsers treat as line breaks.
  if (lines.some((line, at) => about.test(line) && (at > first || !isMarker(line)))) return undefined;
  const root = readLevel(lines, first, lines.length);
  if (root?.indent !== 0 || !root.entries.every(({ name }) => rootNames.has(name))) return undefined;
  const blocks: Block[] = [];
  const collect = ({ indent, entries }: BlockLevel, headers: readonly TextLine[]): void => {
    let group: BlockEntry[] = [];
    const flush = (): void => {
      if (group.length > 0) blocks.push(toBlock(lines, group, headers));
      group = [];
    };
    for (const entry of entries) {
      const opens = opened[headers.length]?.includes(entry.name) === true;
      const level = opens ? readBelow(lines, entry) : undefined;
      if (level !== undefined && level.indent > indent) {
        flush();
        collect(level, [...headers, { at: entry.from, text: lines[entry.from] ?? '' }]);
        continue;
      }
      // Chosen by name, so that an added or removed entry changes only its own block.
      if (isBoundary(entry.name)) flush();
      group.push(entry);
    }
    flush();
  };
  collect(root, []);
  return blocks;
}

function toBlock(
  lines: readonly string[],
  group: readonly BlockEntry[],
  headers: readonly TextLine[],
): Block {
  const at = group[0]?.from ?? 0;
  // A copy, because a part of a text keeps the whole text in memory.
  const text = Buffer.from(lines.slice(at, group.at(-1)?.to).join('')).toString();
  return { headers, text, at, entries: group.map(({ from }) => from - at) };
}

/** The mapping in some lines; undefined unless each of its keys begins a line, is recognised by that, and occurs once. */
function readLevel(lines: readonly string[], from: number, to: number): BlockLevel | undefined {
  const starts: { readonly name: string; readonly from: number }[] = [];
  let indent = -1;
  for (let at = from; at < to; at += 1) {
    const line = lines[at] ?? '';
    if (isNothing(line)) continue;
    let spaces = 0;
    while (line.charCodeAt(spaces) === space) spaces += 1;
    if (indent < 0) indent = spaces;
    if (spaces > indent) continue;
    // A list may have the same indentation as its key.
    if (spaces === indent && starts.length > 0 && /^ *- /.test(line)) continue;
    const name = spaces === indent ? keyLine.exec(line)?.[1] : undefined;
    if (name === undefined) return undefined;
    starts.push({ name: name.replace(/^["']|["']$/g, ''), from: at });
  }
  const entries = starts.map((start, index) => ({ ...start, to: starts[index + 1]?.from ?? to }));
  const isPlain = entries.length > 0 && new Set(entries.map(({ name }) => name)).size === entries.length;
  return isPlain ? { indent, entries } : undefined;
}

const readBelow = (lines: readonly string[], { from, to }: BlockEntry): BlockLevel | undefined =>
  /:[ \t]*(?:#.*)?\r?\n$/.test(lines[from] ?? '') ? readLevel(lines, from + 1, to) : undefined;

const keyLine = /^ *([\w.@/-]+|"[^"\\\n]*"|'[^'\n]*'):(?=[ \t\r\n]|$)/;
const about = /^(?:---|\.\.\.|%)|\ufeff|\r(?!\n)/;
const isMarker = (line: string): boolean => /^---[ \t]*(?:#.*)?\r?\n$/.test(line);

/** Only white space and a comment. */
function isNothing(line: string): boolean {
  let at = 0;
  while (line.charCodeAt(at) === space || line.charCodeAt(at) === tab) at += 1;
  const code = line.charCodeAt(at);
  return Number.isNaN(code) || code === hash || code === lf || (code === cr && at + 2 === line.length);
}

const tab = 9;
const lf = 10;
const cr = 13;
const space = 32;
const hash = 35;

/** One name in 64, always the same ones. */
function isBoundary(name: string): boolean {
  let hash = 0;
  for (let at = 0; at < name.length; at += 1) hash = (Math.imul(hash, 31) + name.charCodeAt(at)) | 0;
  return Math.imul(hash, 0x9e3779b1) >>> 26 === 0;
}
