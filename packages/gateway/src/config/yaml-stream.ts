import type { Document, ParsedDocuments } from './document.ts';
import { isMapping } from './path.ts';
import type { Place } from './place.ts';
import { createParseBlocks } from './yaml-blocks.ts';
import { parseYaml } from './yaml.ts';

/**
 * Parses successive versions of one YAML file. In a file of many documents, an unchanged document on the same line yields the
 * same object without being parsed again. A large document of routes is split into several.
 */
export function createParseYaml(file: string): (text: string) => ParsedDocuments {
  let known: ReadonlyMap<string, DocumentText> = new Map();
  const parseBlocks = createParseBlocks(file);
  return (text) => {
    const pieces = splitDocuments(text);
    const blocks = pieces === undefined ? parseBlocks(text) : undefined;
    if (blocks !== undefined) return { documents: blocks, problems: [] };
    const parsed = pieces && parsePieces(pieces, file, known);
    // After a temporary error, most of the file is usually unchanged.
    if (parsed !== undefined || pieces === undefined) known = parsed?.known ?? new Map();
    // If a piece cannot be parsed alone, the whole file is parsed for its errors.
    return parsed === undefined ? parseYaml(text, file) : { documents: parsed.documents, problems: [] };
  };
}

/** The text of a document, or of comments only, with the result of parsing it. */
interface DocumentText {
  /** Relative to the first line of the piece. */
  readonly parsed: Document | undefined;
  /** Number of lines above it, in the last version. */
  readonly at: ReadonlyMap<number, Document>;
}

interface StreamContent {
  readonly documents: readonly Document[];
  readonly known: ReadonlyMap<string, DocumentText>;
}

function parsePieces(
  pieces: readonly string[],
  file: string,
  before: ReadonlyMap<string, DocumentText>,
): StreamContent | undefined {
  const documents: Document[] = [];
  const known = new Map<string, { parsed: Document | undefined; at: Map<number, Document> }>();
  let linesAbove = 0;
  for (const text of pieces) {
    let piece = known.get(text);
    if (piece === undefined) {
      const last = before.get(text);
      // A copy, because a part of a text keeps the whole text in memory.
      const parsed = last ?? parseAlone(Buffer.from(text).toString(), file);
      if (parsed === undefined) return undefined;
      piece = { parsed: parsed.parsed, at: new Map() };
      known.set(text, piece);
    }
    if (piece.parsed !== undefined) {
      const document = before.get(text)?.at.get(linesAbove) ?? moveDown(piece.parsed, linesAbove);
      piece.at.set(linesAbove, document);
      documents.push(document);
    }
    linesAbove += countLines(text);
  }
  return { documents, known };
}

/** Undefined unless it is one valid document, or empty: it may be part of something else. */
function parseAlone(text: string, file: string): Pick<DocumentText, 'parsed'> | undefined {
  const { documents, problems } = parseYaml(text, file);
  const [parsed, ...more] = documents;
  if (problems.length > 0 || more.length > 0) return undefined;
  return parsed === undefined || isMapping(parsed.value) ? { parsed } : undefined;
}

function moveDown(document: Document, lines: number): Document {
  const { placeOf } = document;
  const move = (place: Place): Place => ({ ...place, line: place.line + lines });
  return lines === 0 ? document : { ...document, placeOf: (path, part) => move(placeOf(path, part)) };
}

/**
 * Splits before each line that is only `---`, which always begins a document (YAML 1.2 section 9.1.2). Undefined for a text of one
 * document, and for one whose documents cannot be separated in this way: directives and `...` affect the documents around them.
 */
function splitDocuments(text: string): readonly string[] | undefined {
  if (/^(?:%|\.\.\.|---[ \t]+[^ \t#\r\n])|\ufeff|\r(?!\n)/m.test(text)) return undefined;
  const pieces = text.split(/^(?=---[ \t]*(?:#|\r?$))/m).filter((piece) => piece !== '');
  return pieces.length < 2 ? undefined : pieces;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
