import type { RequestFacts } from '../routing/facts.ts';
import { fromWire, fromWireTarget } from './wire-text.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { redactTarget } from './redact.ts';

const forwardedFor = 'x-forwarded-for';

/** The caller according to a trusted proxy, or the address of the connection. */
export function toClientHost({ trusted, rawHeaders, remoteAddress }: RequestFacts): string {
  if (!trusted) return remoteAddress;
  let forwarded = '';
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === forwardedFor.length && rawHeaders[at]?.toLowerCase() === forwardedFor)
      forwarded = forwarded === '' ? (rawHeaders[at + 1] ?? '') : `${forwarded}, ${rawHeaders[at + 1] ?? ''}`;
  return forwarded === '' ? remoteAddress : fromWire(forwarded);
}

/** Address and port of the connection. */
export const toClientAddress = ({ remoteAddress, remotePort }: RequestFacts): string =>
  remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;

const authorityParts = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/;

/** The host of an authority as received, without its port; the authority itself when it has none, as in Traefik. */
export function toHostOf(authority: string): string {
  const [, v6, name] = authorityParts.exec(authority) ?? [];
  return fromWire(v6 ?? name ?? authority);
}

/** The port of an authority, or `-`. */
export const toPortOf = (authority: string): string => authorityParts.exec(authority)?.[3] ?? '-';

/** Host and port of a server's URL. */
export const toServiceAddress = (url: string): string => new URL(url).host;

/** Path and query of a request as they are logged. @param keepsQuery whether the query is logged. */
export function toLoggedTarget(
  { facts: { target }, secretNames }: Pick<RequestRecord, 'facts' | 'secretNames'>,
  keepsQuery: boolean,
): string {
  const question = keepsQuery ? -1 : target.indexOf('?');
  return fromWireTarget(redactTarget(question < 0 ? target : target.slice(0, question), secretNames));
}

/** Whether a server was chosen but did not respond: then the log has the caller's response as that of the server, as in Traefik. */
const isMissing = ({ serverUrl, originStatus }: RequestRecord): boolean =>
  serverUrl !== undefined && originStatus === 0;

export const toOriginStatus = (record: RequestRecord): number =>
  isMissing(record) ? record.status : record.originStatus;

export const toOriginBytes = (record: RequestRecord): number =>
  isMissing(record) ? record.downstreamBytes : record.originBytes;

/** Ratio of the bytes of the server's body to those of the caller's; undefined if they are equal. */
export function toGzipRatio(record: RequestRecord): number | undefined {
  const { downstreamBytes } = record;
  const bytes = toOriginBytes(record);
  return downstreamBytes === 0 || downstreamBytes === bytes ? undefined : bytes / downstreamBytes;
}
