import type { SmuggleSample } from './sample.ts';
import type { HeaderPair } from './strict-reader.ts';

/** The part of a request that depends on the caller, as a server behind the gateway receives it. */
export interface DecidedRequest {
  readonly method: string;
  /** Undefined: the path may be normalised. */
  readonly target: string | undefined;
  readonly host: string;
  readonly fields: readonly HeaderPair[];
  readonly body: string;
  /** Unless the request is certain, each field may be omitted. */
  readonly trailers: readonly HeaderPair[];
}

export interface SmuggleDecision {
  /** The only request that a server may receive; undefined: none. */
  readonly request?: DecidedRequest;
  /** Whether the server must receive it. */
  readonly isCertain: boolean;
}

const none: SmuggleDecision = { isCertain: false };

const token = /^[\w!#$%&'*+.^`|~-]+$/;
const pseudoNames: readonly string[] = [':method', ':scheme', ':path', ':authority'];
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
/** Hop-by-hop fields (RFC 9110 section 7.6.1). */
const hop = new Set(['te', 'trailer', 'proxy-authorization', 'expect']);

/** Decides by RFC 9113 section 8 which request may reach a server. */
export function decide({ fields, body, trailers }: SmuggleSample): SmuggleDecision {
  const pseudo = readPseudo(fields);
  if (pseudo === undefined) return none;
  const { method, path } = pseudo;
  if (method === 'CONNECT' || method === 'TRACE' || !token.test(method)) return none;
  // The gateway responds to `OPTIONS *` itself.
  if (!/^\/[\x21\x22\x24-\x5b\x5d-\x7e\x80-\xff]*$/.test(path)) return none;
  const ordinary = readOrdinary(fields.slice(pseudo.count));
  if (ordinary === undefined) return none;
  const host = decideHost(pseudo.authority, ordinary.of('host'));
  if (host === undefined) return none;
  const content = decideBody(ordinary.of('content-length'), body, trailers !== undefined);
  if (content === undefined) return none;
  const end = decideTrailers(trailers, content.isChunked);
  const isNormal = !/["%;<>^`{|}]|\/\/|\/\.|[^\x21-\x7e]/.test(path);
  return {
    request: {
      method,
      target: isNormal ? path : undefined,
      host,
      fields: ordinary.forwarded,
      body: content.body,
      trailers: end.trailers,
    },
    isCertain: ordinary.isCertain && content.isCertain && end.isCertain && isNormal,
  };
}

interface Pseudo {
  readonly method: string;
  readonly path: string;
  readonly authority: string | undefined;
  readonly count: number;
}

function readPseudo(fields: readonly HeaderPair[]): Pseudo | undefined {
  const count = fields.findIndex(([name]) => !name.startsWith(':'));
  const first = count < 0 ? fields : fields.slice(0, count);
  const values = new Map(first);
  if (values.size !== first.length || first.some(([name]) => !pseudoNames.includes(name))) return undefined;
  if (fields.slice(first.length).some(([name]) => name.startsWith(':'))) return undefined;
  const method = values.get(':method');
  const path = values.get(':path');
  if (method === undefined || path === undefined || !/^https?$/.test(values.get(':scheme') ?? ''))
    return undefined;
  return { method, path, authority: values.get(':authority'), count: first.length };
}

interface Ordinary {
  readonly forwarded: readonly HeaderPair[];
  /** False if an omitted field makes the request malformed: the request may then also be refused. */
  readonly isCertain: boolean;
  of(name: string): readonly string[];
}

function readOrdinary(fields: readonly HeaderPair[]): Ordinary | undefined {
  const kept = fields.filter((field) => isField(field));
  if (kept.some(([name]) => ofConnection.has(name))) return undefined;
  if (fields.some(([name]) => token.test(name) && name !== name.toLowerCase())) return undefined;
  const of = (name: string): string[] => kept.filter(([one]) => one === name).map(([, value]) => value);
  if (of('te').some((value) => value.toLowerCase() !== 'trailers')) return undefined;
  const own = kept.filter(([name]) => !['host', 'content-length', 'cookie'].includes(name) && !hop.has(name));
  const cookies = of('cookie');
  const cookie: readonly HeaderPair[] =
    cookies.length === 0 ? [] : [['cookie', cookies.join('; ').replaceAll(/^[\t ]+|[\t ]+$/g, '')]];
  return {
    forwarded: [...own, ...cookie],
    isCertain:
      kept.length === fields.length &&
      of('expect').length === 0 &&
      of('host').every((host) => isHost.test(host)),
    of,
  };
}

/** StrictLines of HTTP/1.1 could carry it. */
const isField = ([name, value]: HeaderPair): boolean =>
  token.test(name) &&
  name === name.toLowerCase() &&
  /^(?![\t ])[\t\x20-\x7e\x80-\xff]*$(?<![\t ])/.test(value);

function decideHost(authority: string | undefined, hosts: readonly string[]): string | undefined {
  // A value that cannot be a host may be omitted like other invalid values.
  const [host, ...others] = hosts.filter((one) => isHost.test(one));
  if (others.length > 0 || (authority !== undefined && host !== undefined && authority !== host))
    return undefined;
  const given = authority ?? host ?? '';
  return given !== '' && isHost.test(given) ? given : undefined;
}

const isHost = /^(\[[\da-f:.]+\]|([\w.~!$&'()*+;=-]|%[\da-f]{2})*)(:\d{0,5})?$/i;

interface DecidedBody {
  readonly body: string;
  readonly isChunked: boolean;
  readonly isCertain: boolean;
}

function decideBody(
  lengths: readonly string[],
  parts: readonly string[] | undefined,
  hasTrailers: boolean,
): DecidedBody | undefined {
  const whole = (parts ?? []).join('');
  const [length, ...others] = lengths;
  if (length === undefined)
    return { body: whole, isChunked: parts !== undefined || hasTrailers, isCertain: true };
  if (others.length > 0 || !/^\d+$/.test(length) || Number(length) > whole.length) return undefined;
  const bytes = Number(length);
  if (bytes === whole.length) return { body: whole, isChunked: false, isCertain: !hasTrailers };
  // The server may receive the complete announced body before the next frame arrives.
  const starts = (parts ?? []).map((_, index) => (parts ?? []).slice(0, index).join('').length);
  return starts.includes(bytes)
    ? { body: whole.slice(0, bytes), isChunked: false, isCertain: false }
    : undefined;
}

/** Fields that change the meaning of a message (RFC 9110 section 6.5.1). */
const notInTrailers = new Set([
  ...ofConnection,
  ...hop,
  'host',
  'content-length',
  'authorization',
  'cookie',
  'x-forwarded-for',
]);

function decideTrailers(
  trailers: readonly HeaderPair[] | undefined,
  isChunked: boolean,
): { readonly trailers: readonly HeaderPair[]; readonly isCertain: boolean } {
  if (trailers === undefined || !isChunked) return { trailers: [], isCertain: true };
  // HTTP/1.1 loses white space around a value; a field with it may also be omitted.
  const trimmed = trailers.map(([name, value]) => [name, value.replaceAll(/^[\t ]+|[\t ]+$/g, '')] as const);
  const kept = trimmed.filter((field) => isField(field) && !notInTrailers.has(field[0]));
  return {
    trailers: kept,
    isCertain: trailers.every((field) => isField(field)) && kept.length === trailers.length,
  };
}
