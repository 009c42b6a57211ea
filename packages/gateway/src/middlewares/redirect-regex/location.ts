import { isWellFormed } from '../../routing/percent.ts';
import { encodePath } from '../target.ts';

const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/s;
const authority = /^\/\/(?:[^@"<>\\^`{|}% ]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^@:"<>\\^`{|}% ]*)(?::\d*)?$/;

/**
 * A URL in a form suitable for `Location` (RFC 9110 section 10.2.2): invalid characters are percent-encoded. Undefined for text that
 * Go's `url.Parse` does not accept either: control characters, a malformed host or percent-encoding.
 */
export function toLocation(text: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined;
  const [, scheme, host = '', path = '', query = '', fragment = ''] = parts.exec(text) ?? [];
  if (host !== '' && !authority.test(host)) return undefined;
  if (!isWellFormed(path) || !isWellFormed(fragment)) return undefined;
  // Otherwise the text before a colon would be read as a scheme.
  if (scheme === undefined && host === '' && /^[^/]*:/.test(path)) return undefined;
  const start = scheme === undefined ? '' : `${scheme.toLowerCase()}:`;
  return start + encodeRest(host) + encodePath(path) + encodeRest(query) + encodeRest(fragment);
}

/** Text that may itself contain `?` or `#`. */
const encodeRest = (text: string): string =>
  text.replace(/[^!-~]|["<>\\^`{|}]/gu, (character) => encodePath(character));
