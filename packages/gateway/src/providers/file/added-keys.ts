import type { Document } from '../../config/document.ts';
import type { Path } from '../../config/path.ts';
import { isMapping } from '../../config/path.ts';
import type { Place } from '../../config/place.ts';
import type { RenderedText } from '../../template/rendered-text.ts';

/**
 * The offset in the rendered text of a key, with its colon, that comes from the value of an environment variable; undefined for none.
 * Such a key could put a part of a secret into the name of an option, and thus into messages; and a value could add routes.
 */
export function findAddedKey(
  documents: readonly Document[],
  rendered: RenderedText,
  toOffset: (place: Place) => number,
): number | undefined {
  // Without any of these characters, a value contains no key.
  if (!rendered.pieces.some(({ text, isFromEnv }) => isFromEnv && /[:=[]/.test(text))) return undefined;
  const isAdded = (document: Document, path: Path, name: string): number | undefined => {
    const offset = toOffset(document.placeOf(path, 'key'));
    const found = rendered.pieceAt(offset);
    if (found === undefined || !found.piece.isFromEnv) return undefined;
    const behind = found.piece.text.slice(offset - found.start + name.length);
    return /[:=\]]/.test(behind) ? offset : undefined;
  };
  const walk = (document: Document, value: unknown, path: Path): number | undefined => {
    const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
      ? value.map((item: unknown, index) => [index, item])
      : isMapping(value)
        ? Object.entries(value)
        : [];
    for (const [name, item] of entries) {
      const at = [...path, name];
      const found =
        (typeof name === 'string' ? isAdded(document, at, name) : undefined) ?? walk(document, item, at);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const document of documents) {
    const found = walk(document, document.value, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
