import { unquote } from '@grantgate/middleware/predicate/string-literal';
import { TemplateFault } from './template-fault.ts';
import type { TemplateToken, TemplateTokenType } from './token.ts';

const spaces = /[ \t\r\n]*/y;
const word = /[\p{L}\p{Nd}_]+/uy;
const number =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;

const keywords: ReadonlySet<string> = new Set([
  'block', 'break', 'continue', 'define', 'else', 'end', 'if', 'nil', 'range', 'template', 'with',
]); // prettier-ignore

const marks: Readonly<Record<string, TemplateTokenType>> = {
  '=': 'assign',
  '|': 'pipe',
  ',': 'comma',
  '(': 'leftParen',
  ')': 'rightParen',
};

/**
 * The tokens of a template in the syntax of Go's `text/template`. Comments, and white space removed by trim markers, yield no tokens.
 *
 * @throws TemplateFault
 */
export function tokenize(source: string): readonly TemplateToken[] {
  const tokens: TemplateToken[] = [];
  let at = 0;
  for (;;) {
    const open = source.indexOf('{{', at);
    const isTrimmed = open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    const text = source.slice(at, open < 0 ? undefined : open);
    const shown = isTrimmed ? text.replace(/[ \t\r\n]+$/, '') : text;
    if (shown !== '') tokens.push({ type: 'text', text: shown, offset: at });
    if (open < 0) break;
    const inside = open + (isTrimmed ? 4 : 2);
    at = source.startsWith('/*', inside)
      ? skipComment(source, open, inside)
      : readAction(source, open, inside, tokens);
  }
  tokens.push({ type: 'end of file', text: '', offset: source.length });
  return tokens;
}

/** Length of the end of an action at this position, in code units; 0 when the action does not end here. */
function lengthOfClose(source: string, at: number): number {
  if (source.startsWith('}}', at)) return 2;
  return /^[ \t\r\n]-}}/.test(source.slice(at, at + 4)) ? 4 : 0;
}

/** Start of the text after an action, without leading white space if a marker trims it. */
function afterClose(source: string, at: number, length: number): number {
  const end = at + length;
  return length === 4 ? end + matchAt(spaces, source, end).length : end;
}

function skipComment(source: string, open: number, from: number): number {
  const end = source.indexOf('*/', from + 2);
  if (end < 0) throw new TemplateFault('the comment has no closing */', open);
  const length = lengthOfClose(source, end + 2);
  if (length === 0) throw new TemplateFault('expected }} or " -}}" after the comment', end + 2);
  return afterClose(source, end + 2, length);
}

/** Reads one action, whose content starts at `from`, and returns the start of the text after it. */
function readAction(source: string, open: number, from: number, tokens: TemplateToken[]): number {
  tokens.push({ type: 'open', text: '{{', offset: open });
  let depth = 0;
  for (let at = from; ;) {
    const blank = matchAt(spaces, source, at);
    // In ` -}}`, the last blank belongs to the end of the action.
    const isMarked = blank !== '' && source.startsWith('-}}', at + blank.length);
    const separating = isMarked ? blank.length - 1 : blank.length;
    if (separating > 0) tokens.push({ type: 'space', text: ' ', offset: at });
    at += separating;
    const length = lengthOfClose(source, at);
    if (length > 0) {
      if (depth > 0) throw new TemplateFault('expected ) before the end of the action', at);
      tokens.push({ type: 'close', text: '}}', offset: at });
      return afterClose(source, at, length);
    }
    if (at >= source.length) throw new TemplateFault('the action has no closing }}', open);
    const token = readToken(source, at);
    if (token.type === 'leftParen') depth += 1;
    else if (token.type === 'rightParen') depth -= 1;
    if (depth < 0) throw new TemplateFault('unexpected )', at);
    tokens.push(token);
    at = token.end;
  }
}

type TokenExtent = TemplateToken & { readonly end: number };

function readToken(source: string, offset: number): TokenExtent {
  const char = source.charAt(offset);
  const sized = (type: TemplateTokenType, text: string, length: number): TokenExtent => ({
    type,
    text,
    offset,
    end: offset + length,
  });
  if (char === '"' || char === '`') return readString(source, offset);
  if (source.startsWith(':=', offset)) return sized('declare', ':=', 2);
  const mark = Object.hasOwn(marks, char) ? marks[char] : undefined;
  if (mark !== undefined) return sized(mark, char, 1);
  if (char === '$' || (char === '.' && !/\d/.test(source.charAt(offset + 1)))) {
    const name = matchAt(word, source, offset + 1);
    expectTerminator(source, offset + 1 + name.length);
    const type = char === '$' ? 'variable' : name === '' ? 'dot' : 'field';
    return sized(type, name, 1 + name.length);
  }
  if (/[-+.\d]/.test(char)) {
    const text = matchAt(number, source, offset);
    if (matchAt(word, source, offset + text.length) !== '')
      throw new TemplateFault('malformed number', offset);
    return sized('number', text, text.length);
  }
  const name = matchAt(word, source, offset);
  if (name === '') {
    const written = String.fromCodePoint(source.codePointAt(offset) ?? 0);
    throw new TemplateFault(`unexpected ${/\p{C}/u.test(written) ? 'character' : written}`, offset);
  }
  expectTerminator(source, offset + name.length);
  const isBoolean = name === 'true' || name === 'false';
  return sized(isBoolean ? 'boolean' : keywords.has(name) ? 'keyword' : 'identifier', name, name.length);
}

function readString(source: string, offset: number): TokenExtent {
  const literal = unquote(source, offset);
  if (!literal.ok) throw new TemplateFault(literal.message, literal.offset);
  return { type: 'string', text: literal.value, offset, end: offset + literal.length };
}

/** A name ends at white space, at a mark or at the end of the action. */
function expectTerminator(source: string, at: number): void {
  if (at < source.length && !/^(?:[ \t\r\n.,|:()]|}})/.test(source.slice(at, at + 2)))
    throw new TemplateFault(`unexpected ${String.fromCodePoint(source.codePointAt(at) ?? 0)}`, at);
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? '';
}
