import { encodeBareBytes } from '../routing/percent.ts';

const beyondAscii = /[\u0080-\u{10ffff}]/u;
const encodedInPath = /["<>^`{|}\u0080-\u{10ffff}]/u;
const beyondBytes = /[^\u0000-\u00ff]/u;

/** A text of a request, in which each character is a byte, decoded as UTF-8, which it most likely is. */
export function fromWire(text: string): string {
  if (!beyondAscii.test(text) || beyondBytes.test(text)) return text;
  const decoded = Buffer.from(text, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? text : decoded;
}

/** The same for path and query; characters that are invalid in a path are percent-encoded, as Traefik logs them. */
export function fromWireTarget(target: string): string {
  if (!encodedInPath.test(target)) return target;
  const question = target.indexOf('?');
  const encoded = encodeBareBytes(question < 0 ? target : target.slice(0, question));
  return question < 0 ? encoded : encoded + fromWire(target.slice(question));
}
