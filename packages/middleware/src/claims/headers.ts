import { normalizeHeaderName } from '../base/header-name.ts';
import type { Claims, JsonValue } from './claims.ts';
import { parseClaimPath, readClaim } from './path.ts';
import { claimJson, claimText } from './text.ts';

/** Name and value in turn; or the name of a header whose value is not allowed. */
export type ForwardedHeaders =
  | { readonly ok: true; readonly headers: readonly string[] }
  | { readonly ok: false; readonly header: string };
export type CompiledHeaders =
  | { readonly ok: true; readonly evaluate: (claims: Claims) => ForwardedHeaders }
  | {
      readonly ok: false;
      readonly problems: readonly { readonly header: string; readonly message: string }[];
    };

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const reserved = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
// RFC 9110 section 5.5 allows a tab in a field value, and no other control character.
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Format of an array in a header: its elements separated by commas, or JSON. */
export type ForwardHeadersFormat = 'comma' | 'json';

/** Compiles `forwardHeaders`: name to claim path. */
export function compileForwardHeaders(
  map: Readonly<Record<string, string>>,
  format: ForwardHeadersFormat = 'comma',
): CompiledHeaders {
  const problems: { header: string; message: string }[] = [];
  const seen = new Set<string>();
  const compiled = Object.entries(map).map(([header, source]) => {
    const name = normalizeHeaderName(header);
    if (!token.test(header))
      problems.push({ header, message: 'is not a header name (RFC 9110 section 5.1)' });
    else if (reserved.has(name))
      problems.push({
        header,
        message: `${header} cannot carry a claim: it controls the connection or the authentication`,
      });
    else if (seen.has(name))
      problems.push({
        header,
        message: `${header} is given twice (names that differ only in letter case or special characters count as one)`,
      });
    seen.add(name);
    const path = parseClaimPath(source);
    if (!path.ok) problems.push({ header, message: path.message });
    return { header, path: path.ok ? path.path : [] };
  });
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    evaluate(claims) {
      const headers: string[] = [];
      for (const { header, path } of compiled) {
        const text = headerText(readClaim(claims, path), format);
        if (control.test(text)) return { ok: false, header };
        // Node writes header values as Latin-1, so UTF-8 bytes are sent unchanged in this form.
        headers.push(header, Buffer.from(text, 'utf8').toString('latin1'));
      }
      return { ok: true, headers };
    },
  };
}

function headerText(value: JsonValue | undefined, format: ForwardHeadersFormat): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && format === 'comma') return value.map(elementText).join(',');
  return claimText(value) ?? claimJson(value);
}

/** An element that could be read as several elements, or as JSON, is written as a JSON string: `["a,b","c"]` is not `["a","b","c"]`. */
function elementText(element: JsonValue): string {
  const isPlain = typeof element !== 'string' || !/[,"]|^[[{]/.test(element);
  return isPlain ? (claimText(element) ?? claimJson(element)) : claimJson(element);
}
