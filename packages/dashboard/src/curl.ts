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

const credentials = { bearer: 'Bearer TOKEN', dpop: 'DPoP TOKEN', other: 'CREDENTIALS' } as const;

type CurlRequest = Pick<RecentRefusal, 'method' | 'scheme' | 'host' | 'path' | 'clientID' | 'authorization'>;

/** The command that repeats a refused request. The gateway keeps no secret of a caller: a word in capitals is a placeholder. */
export function toCurlCommand({ method, scheme, host, path, clientID, authorization }: CurlRequest): string {
  const words = ['curl', '-i'];
  if (method !== 'GET') words.push('-X', quoteForShell(method));
  // curl must not interpret brackets and braces in the path.
  words.push('--globoff', '--path-as-is');
  if (authorization === 'basic') words.push('-u', quoteForShell(`${clientID ?? 'CLIENT_ID'}:CLIENT_SECRET`));
  else if (authorization !== null)
    words.push('-H', quoteForShell(`Authorization: ${credentials[authorization]}`));
  words.push(quoteForShell(`${scheme}://${host}${path}`));
  return words.join(' ');
}
