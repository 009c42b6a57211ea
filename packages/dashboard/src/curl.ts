import type { RecentRefusal } from '../../gateway/src/admin/api/shapes.ts';

const escapeCharacter = (character: string): string => {
  if (character === "'" || character === '\\') return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** A text as one word of a shell. Characters that a terminal would interpret are written as escapes. */
export function quoteForShell(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))
    return `$'${text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}'\\]/gu, escapeCharacter)}'`;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The command that repeats a refused request. The gateway keeps no secret of a caller: `CLIENT_SECRET` is a placeholder. */
export function toCurlCommand({ method, scheme, host, path, clientID }: RecentRefusal): string {
  const words = ['curl', '-i'];
  if (method !== 'GET') words.push('-X', quoteForShell(method));
  // curl must not interpret brackets and braces in the path.
  words.push('--globoff', '--path-as-is');
  if (clientID !== null) words.push('-u', quoteForShell(`${clientID}:CLIENT_SECRET`));
  words.push(quoteForShell(`${scheme}://${host}${path}`));
  return words.join(' ');
}
