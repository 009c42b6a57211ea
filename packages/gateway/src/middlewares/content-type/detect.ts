/** Number of bytes of a body to examine. */
const maxBytes = 512;

const text = 'text/plain; charset=utf-8';
const html = 'text/html; charset=utf-8';

/** Marks a wildcard byte of a pattern. */
const any = '?';

/** Media types by the first bytes of a body, in Latin-1; the first match counts. */
const beginnings: readonly (readonly [type: string, ...patterns: readonly string[]])[] = [
  ['application/pdf', '%PDF-'],
  ['application/postscript', '%!PS-Adobe-'],
  ['text/plain; charset=utf-16be', '\xfe\xff??'],
  ['text/plain; charset=utf-16le', '\xff\xfe??'],
  [text, '\xef\xbb\xbf?'],
  ['image/x-icon', '\x00\x00\x01\x00', '\x00\x00\x02\x00'],
  ['image/bmp', 'BM'],
  ['image/gif', 'GIF87a', 'GIF89a'],
  ['image/webp', 'RIFF????WEBPVP'],
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['audio/aiff', 'FORM????AIFF'],
  ['audio/mpeg', 'ID3'],
  ['application/ogg', 'OggS\x00'],
  ['audio/midi', 'MThd\x00\x00\x00\x06'],
  ['video/avi', 'RIFF????AVI '],
  ['audio/wave', 'RIFF????WAVE'],
  ['video/mp4'],
  ['video/webm', '\x1a\x45\xdf\xa3'],
  ['application/vnd.ms-fontobject', `${any.repeat(34)}LP`],
  ['font/ttf', '\x00\x01\x00\x00'],
  ['font/otf', 'OTTO'],
  ['font/collection', 'ttcf'],
  ['font/woff', 'wOFF'],
  ['font/woff2', 'wOF2'],
  ['application/x-gzip', '\x1f\x8b\x08'],
  ['application/zip', 'PK\x03\x04'],
  ['application/x-rar-compressed', 'Rar!\x1a\x07\x00', 'Rar!\x1a\x07\x01\x00'],
  ['application/wasm', '\x00asm'],
];

const tags =
  /^<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P|!--)[ >]/i;
const binary = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/**
 * The media type of a body by its first bytes, as in Go's `http.DetectContentType`, which Traefik uses.
 *
 * @see https://mimesniff.spec.whatwg.org/
 */
export function detectContentType(start: Buffer): string {
  const head = start.toString('latin1', 0, maxBytes);
  const visible = head.replace(/^[\t\n\f\r ]+/, '');
  if (tags.test(visible)) return html;
  if (visible.startsWith('<?xml')) return 'text/xml; charset=utf-8';
  const found = beginnings.find(([type, ...patterns]) =>
    type === 'video/mp4' ? isMp4(start, head) : patterns.some((pattern) => beginsWith(head, pattern)),
  );
  return found?.[0] ?? (binary.test(visible) ? 'application/octet-stream' : text);
}

function beginsWith(head: string, pattern: string): boolean {
  if (head.length < pattern.length) return false;
  for (let at = 0; at < pattern.length; at += 1)
    if (pattern[at] !== any && pattern[at] !== head[at]) return false;
  return true;
}

/** A first box `ftyp` that names a brand of MP4. */
function isMp4(start: Buffer, head: string): boolean {
  if (head.length < 12 || head.slice(4, 8) !== 'ftyp') return false;
  const boxBytes = start.readUInt32BE(0);
  if (head.length < boxBytes || boxBytes % 4 !== 0) return false;
  for (let at = 8; at < boxBytes; at += 4)
    // The second one is the version of the first brand.
    if (at !== 12 && head.startsWith('mp4', at)) return true;
  return false;
}
