import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import { isForwardedHeader } from '../routing/own-forwarded.ts';
import { hopByHop } from '../http1/message/hop-by-hop.ts';

/** How a proxy treats a header of a request. */
export interface HeaderClass {
  /** As `normalizeHeaderName` writes it. */
  readonly name: string;
  /**
   * `framing`: delimits the body; `dropped`: belongs to one connection, or is rewritten by this hop; `forwarded`: accepted only
   * from trusted proxies; `essential`: forwarded even if `Connection` names it; `ordinary`: all others.
   */
  readonly kind: 'framing' | 'dropped' | 'forwarded' | 'essential' | 'ordinary';
}

/** @param written the name as received. */
export function classifyHeader(written: string): HeaderClass {
  return known.get(written) ?? toClass(written);
}

function toClass(written: string): HeaderClass {
  const name = normalizeHeaderName(written);
  return { name, kind: toKind(name) };
}

function toKind(name: string): HeaderClass['kind'] {
  if (name === 'transfer-encoding' || name === 'content-length') return 'framing';
  if (hopByHop.has(name) || ownHeaders.has(name)) return 'dropped';
  if (isForwardedHeader(name)) return 'forwarded';
  return name === 'content-type' ? 'essential' : 'ordinary';
}

/** Rewritten by this hop, which has already responded to `Expect`. */
const ownHeaders: ReadonlySet<string> = new Set(['host', 'expect', 'x-request-id', 'http2-settings']);

/** Common names of clients and proxies, classified once: in the spelling of HTTP/2, and in the usual one of HTTP/1.1. */
const known: ReadonlyMap<string, HeaderClass> = new Map(
  [
    ...[
      'accept',
      'accept-encoding',
      'accept-language',
      'authorization',
      'baggage',
      'cache-control',
      'connection',
    ],
    ...['content-encoding', 'content-length', 'content-type', 'cookie', 'dnt', 'expect', 'forwarded', 'host'],
    ...[
      'if-match',
      'if-modified-since',
      'if-none-match',
      'keep-alive',
      'origin',
      'pragma',
      'priority',
      'range',
    ],
    ...['referer', 'sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform', 'sec-fetch-dest', 'sec-fetch-mode'],
    ...[
      'sec-fetch-site',
      'sec-fetch-user',
      'te',
      'traceparent',
      'tracestate',
      'transfer-encoding',
      'upgrade',
    ],
    ...['upgrade-insecure-requests', 'user-agent', 'via', 'x-forwarded-for', 'x-forwarded-host'],
    ...['x-forwarded-port', 'x-forwarded-proto', 'x-real-ip', 'x-request-id', 'x-requested-with'],
  ].flatMap((name) =>
    [name, name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())].map(
      (spelling): [string, HeaderClass] => [spelling, Object.freeze(toClass(spelling))],
    ),
  ),
);
