import { isIP } from 'node:net';
import type { RequestFacts } from '../../routing/facts.ts';
import { ApiError } from './api-error.ts';

/** A hypothetical request to explain. */
export interface ExplainedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly clientIP: string;
  /** Name and value in turn. */
  readonly rawHeaders: readonly string[];
}

const maxHeaders = 100;

/** @param usualScheme when the query has none. @throws ApiError 400 */
export function readExplainedRequest(
  query: URLSearchParams,
  usualScheme: ExplainedRequest['scheme'],
): ExplainedRequest {
  const method = (query.get('method') ?? '') || 'GET';
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(method)) throw invalid('method: expected a method of HTTP');
  const scheme = (query.get('scheme') ?? '') || usualScheme;
  if (scheme !== 'http' && scheme !== 'https') throw invalid('scheme: expected http or https');
  const authority = query.get('host') ?? '';
  if (!/^[^\s/?#@]{0,255}$/.test(authority)) throw invalid('host: expected a host, with or without port');
  const target = (query.get('path') ?? '') || '/';
  if (!/^\/[!-~]{0,8192}$/.test(target))
    throw invalid('path: expected a path that begins with /, percent-encoded');
  const clientIP = (query.get('clientIP') ?? '') || '127.0.0.1';
  if (isIP(clientIP) === 0) throw invalid('clientIP: expected an IP address');
  const question = target.indexOf('?');
  return {
    method,
    scheme,
    authority,
    host: toHost(authority),
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    clientIP,
    rawHeaders: ['Host', authority, ...query.getAll('header').slice(0, maxHeaders).flatMap(readHeader)],
  };
}

const invalid = (message: string): ApiError => new ApiError(400, `invalid request: ${message}`);

function readHeader(text: string): readonly string[] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw invalid('header: expected Name: value');
  return [name, value];
}

/** In the form of `RequestFacts.host`. */
const toHost = (authority: string): string =>
  authority
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();

export function toExplainedFacts(
  { method, scheme, host, authority, path, query, clientIP, rawHeaders }: ExplainedRequest,
  entryPoint: string,
): RequestFacts {
  return {
    entryPoint,
    method,
    target: query === '' ? path : `${path}?${query}`,
    path,
    query,
    host,
    authority,
    scheme,
    rawHeaders,
    reusesHeaders: false,
    remoteAddress: clientIP,
    remotePort: 0,
    trusted: false,
    tls: undefined,
    authorization: undefined,
  };
}
