import type { AccessLogFields, HeaderMode } from '../config/access-log-config.ts';
import { isForwardedHeader } from '../routing/own-forwarded.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { hopByHop } from '../http1/message/hop-by-hop.ts';
import type { HeaderList } from '../http1/message/header-list.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { redactTarget } from './redact.ts';
import { fromWire } from './wire-text.ts';

/** Names of headers that may contain a secret or a token, or a substitute for one. */
const secretName =
  /auth(?!enticate$)|cookie|token|secret|passw|pwd|credential|signature|session|jwt|assertion|(?:api|access|private)[-_.]?key|client[-_.]?cert|saml/i;
/** Values that are credentials whatever the name of their header. */
const secretValue = /^(?:basic|bearer|digest|dpop|negotiate|apikey|token)\s|\beyJ[\w-]{8,}\.[\w-]+\./i;

type LoggedMessage = Pick<RequestRecord, 'secretNames' | 'originHead' | 'downstreamHeaders'> & {
  readonly facts: Pick<RequestFacts, 'rawHeaders' | 'trusted'>;
};

/** Reads the headers of a line. */
export interface HeaderFields {
  /** The value of one header of the request; undefined: it is not logged. @param name in any letter case. */
  value(record: LoggedMessage, name: string): string | undefined;
  /** Calls back for each header to log: `request_User-Agent`, `origin_Etag`, `downstream_Content-Type`. */
  each(record: LoggedMessage, told: (field: string, value: string) => void): void;
}

/** @returns undefined when no header is logged. */
export function createHeaderFields({ headers }: AccessLogFields): HeaderFields | undefined {
  const { others, names } = headers;
  if (others === 'drop' && Array.from(names.values()).every((mode) => mode === 'drop')) return undefined;
  const modeOf = (name: string): HeaderMode => names.get(name) ?? others;
  const valueIn = (list: HeaderList, name: string, secretNames: SecretNames): string | undefined => {
    const mode = modeOf(name);
    if (mode === 'drop') return undefined;
    const value = joinValues(list, name);
    return value === undefined ? undefined : toLogged(name, value, { mode, secretNames });
  };
  // An untrusted caller's claims about the path of its request are worthless.
  const isWorthless = (name: string, { facts }: LoggedMessage): boolean =>
    !facts.trusted && isForwardedHeader(name);
  return {
    value(record, written) {
      const name = written.toLowerCase();
      return isWorthless(name, record)
        ? undefined
        : valueIn(record.facts.rawHeaders, name, record.secretNames);
    },
    each(record, told) {
      const { facts, secretNames, originHead, downstreamHeaders = [] } = record;
      const eachOf = (prefix: string, list: HeaderList, passesOver: (name: string) => boolean): void => {
        for (const name of namesOf(list)) {
          const value = passesOver(name) ? undefined : valueIn(list, name, secretNames);
          if (value !== undefined) told(prefix + toCanonicalName(name), value);
        }
      };
      // In Go, `Host` is not among the headers; the log follows that.
      eachOf('request_', facts.rawHeaders, (name) => name === 'host' || isWorthless(name, record));
      eachOf('origin_', originHead?.headers ?? [], (name) => hopByHop.has(name));
      eachOf('downstream_', downstreamHeaders, () => false);
    },
  };
}

type SecretNames = RequestRecord['secretNames'];

/** Names of headers in lower case, each listed once. */
const namesOf = (list: HeaderList): ReadonlySet<string> =>
  new Set(list.filter((_text, at) => at % 2 === 0).map((name) => name.toLowerCase()));

/** The value of a header that may be logged. @param name in lower case. */
function toLogged(
  name: string,
  value: string,
  { mode, secretNames }: { readonly mode: HeaderMode } & Pick<RequestRecord, 'secretNames'>,
): string {
  const isSecret =
    mode === 'redact' || secretName.test(name) || secretValue.test(value) || secretNames?.has(name) === true;
  return isSecret ? 'REDACTED' : fromWire(redactUrl(value, secretNames));
}

/** A value that may be a URL, such as `Location`: its fragment has the form of a query if it contains tokens. */
function redactUrl(value: string, names: SecretNames): string {
  const hash = value.indexOf('#');
  if (hash < 0) return redactTarget(value, names);
  const fragment = redactTarget(`?${value.slice(hash + 1)}`, names).slice(1);
  return `${redactTarget(value.slice(0, hash), names)}#${fragment}`;
}

/** @param name in lower case. @returns undefined: there is none. */
function joinValues(rawHeaders: readonly string[], name: string): string | undefined {
  let joined: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === name.length && rawHeaders[at]?.toLowerCase() === name)
      joined = joined === undefined ? (rawHeaders[at + 1] ?? '') : `${joined},${rawHeaders[at + 1] ?? ''}`;
  return joined;
}

/** `User-Agent`, in Go's spelling of names. */
const toCanonicalName = (name: string): string =>
  name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
