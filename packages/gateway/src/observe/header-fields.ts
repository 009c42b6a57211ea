import type { AccessLogFields, HeaderMode } from '../config/install.ts';
import { isForwardedHeader } from '../routing/is-forwarded-header.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { redactTarget } from './redact.ts';
import { fromWire } from './wire-text.ts';

/** Names of headers that can hold a secret or a token, or what stands for one. */
const secretName =
  /auth(?!enticate$)|cookie|token|secret|passw|pwd|credential|signature|session|jwt|assertion|(?:api|access|private)[-_.]?key|client[-_.]?cert|saml/i;
/** Values that are credentials whatever their header is called. */
const secretValue = /^(?:basic|bearer|digest|dpop|negotiate|apikey|token)\s|\beyJ[\w-]{8,}\.[\w-]+\./i;

type LoggedRequest = Pick<RequestRecord, 'facts' | 'secretNames'>;

/** Reads the headers that a line has. */
export interface HeaderFields {
  /** The value of one header to log; undefined: it is left out. @param name in any letter case. */
  value(record: LoggedRequest, name: string): string | undefined;
  /** Calls back for each header to log, in Go's spelling of its name. */
  each(record: LoggedRequest, told: (name: string, value: string) => void): void;
}

/** @returns undefined when no header is logged. */
export function createHeaderFields({ headers }: AccessLogFields): HeaderFields | undefined {
  const { others, names } = headers;
  if (others === 'drop' && Array.from(names.values()).every((mode) => mode === 'drop')) return undefined;
  const modeOf = (name: string): HeaderMode => names.get(name) ?? others;
  const valueOf = ({ facts, secretNames }: LoggedRequest, name: string): string | undefined => {
    const mode = modeOf(name);
    // Of others, what a caller that is not trusted says of the way of its request is worth nothing.
    if (mode === 'drop' || (!facts.trusted && isForwardedHeader(name))) return undefined;
    const value = joinValues(facts.rawHeaders, name);
    return value === undefined ? undefined : toLogged(name, value, { mode, secretNames });
  };
  return {
    value: (record, name) => valueOf(record, name.toLowerCase()),
    each(record, told) {
      const { rawHeaders } = record.facts;
      const seen = new Set<string>();
      for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
        const name = (rawHeaders[at] ?? '').toLowerCase();
        // Go has it beside the headers, and so has the log.
        if (name === 'host' || seen.has(name)) continue;
        seen.add(name);
        const value = valueOf(record, name);
        if (value !== undefined) told(toCanonicalName(name), value);
      }
    },
  };
}

/** What may be logged of a header. @param name in lower case. */
function toLogged(
  name: string,
  value: string,
  { mode, secretNames }: { readonly mode: HeaderMode } & Pick<RequestRecord, 'secretNames'>,
): string {
  const isSecret =
    mode === 'redact' || secretName.test(name) || secretValue.test(value) || secretNames?.has(name) === true;
  return isSecret ? 'REDACTED' : fromWire(redactTarget(value, secretNames));
}

/** @param name in lower case. @returns undefined: there is none. */
function joinValues(rawHeaders: readonly string[], name: string): string | undefined {
  let joined: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === name.length && rawHeaders[at]?.toLowerCase() === name)
      joined = joined === undefined ? (rawHeaders[at + 1] ?? '') : `${joined},${rawHeaders[at + 1] ?? ''}`;
  return joined;
}

/** `User-Agent`, as Go writes names. */
const toCanonicalName = (name: string): string =>
  name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
