import { toHostName, withoutUserinfo } from '../http1/message/authority.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { ReadPath } from '../routing/request-path.ts';

/**
 * The request that a proxy asks about, as its check describes it: `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri` (Traefik,
 * Caddy), `X-Original-Method`, `-URL` and `-URI` (nginx), or the text below the middleware's own path (Envoy). Headers are used
 * only from a trusted proxy. The result is only logged: no decision depends on it.
 *
 * @param below the part of the check's target after the middleware's name; empty for none.
 */
export function toOriginalFacts(facts: RequestFacts, below: string): RequestFacts {
  const said = facts.trusted ? readSaid(facts.rawHeaders) : noHeaders;
  const url = said['x-original-url'];
  const absolute = url === undefined ? undefined : absoluteForm.exec(url);
  const authority = withoutUserinfo(said['x-forwarded-host'] ?? absolute?.[2] ?? facts.authority);
  const target =
    toOriginForm(said['x-forwarded-uri']) ??
    toOriginForm(absolute?.[3] === '' ? '/' : absolute?.[3]) ??
    toOriginForm(said['x-original-uri'] ?? url) ??
    toOriginForm(below) ??
    facts.target;
  const scheme = (said['x-forwarded-proto'] || absolute?.[1])?.toLowerCase();
  const question = target.indexOf('?');
  return {
    ...facts,
    method: said['x-forwarded-method'] ?? said['x-original-method'] ?? facts.method,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    authority,
    host: toHostName(authority),
    // The connection belongs to the proxy: its certificate is not the caller's.
    tls: undefined,
    scheme: scheme === 'http' || scheme === 'https' ? scheme : facts.scheme,
  };
}

type ForwardedFields = Readonly<Partial<Record<string, string>>>;

const noHeaders: ForwardedFields = Object.freeze({});

const absoluteForm = /^(https?):\/\/([^/?#]+)(.*)$/i;

const toOriginForm = (target: string | undefined): string | undefined =>
  target?.startsWith('/') === true ? target : undefined;

/** The first value of each header, because a proxy sends each only once. */
function readSaid(rawHeaders: readonly string[]): ForwardedFields {
  const said: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    // Cheaper than converting every header to lower case: `x-forwarded-` and `x-original-`.
    if (name.length < 14 || (name[0] !== 'X' && name[0] !== 'x')) continue;
    said[name.toLowerCase()] ??= rawHeaders[at + 1] ?? '';
  }
  return said;
}

/**
 * Whether a proxy that decides by this path and a service that receives it may read it as two different paths. The gateway
 * normalizes paths before it routes; here the proxy has already routed, and it may forward a path that is not normalized.
 */
export function isAmbiguousPath(path: string, readPath: ReadPath): boolean {
  return readPath(path) === undefined || stepUp.test(path);
}

const stepUp = /\/(?:\.|%2e){2}(?:\/|$)/i;

/** Whether a check's target contains the caller's target; otherwise, the check is only about the middleware. */
export function isPathTold(check: RequestFacts, original: RequestFacts): boolean {
  return original.target !== check.target;
}
