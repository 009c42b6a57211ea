import type { RequestFacts } from '../routing/facts.ts';
import { fromWire } from './wire-text.ts';

/** A trusted proxy's word for who the caller is, or the address of the connection. */
export function toClientHost({ trusted, rawHeaders, remoteAddress }: RequestFacts): string {
  if (!trusted) return remoteAddress;
  let forwarded = '';
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === name.length && rawHeaders[at]?.toLowerCase() === name)
      forwarded = forwarded === '' ? (rawHeaders[at + 1] ?? '') : `${forwarded}, ${rawHeaders[at + 1] ?? ''}`;
  return forwarded === '' ? remoteAddress : fromWire(forwarded);
}

const name = 'x-forwarded-for';

/** Address and port of the connection. */
export const toClientAddress = ({ remoteAddress, remotePort }: RequestFacts): string =>
  remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
