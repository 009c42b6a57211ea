import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const mapped = '::ffff:';

/** A parsed address. */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** An address without its zone. An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.1`) is IPv4. */
export function toCanonicalAddress(text: string): string {
  // Fast path for the form of nearly all addresses: parsing and formatting would cost as much as all other work for a
  // connection.
  const last = text.startsWith(mapped) ? text.slice(mapped.length) : text;
  if (isIPv4(last)) return last;
  return parseAddress(text)?.toString() ?? text;
}

/** Creates a test for membership in an address or CIDR range (RFC 4632 section 3.1), IPv4 or IPv6; undefined for other text. */
export function parseRange(text: string): ((address: IpAddress | undefined) => boolean) | undefined {
  const slash = text.indexOf('/');
  const base = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (base === undefined || (slash >= 0 && text.slice(0, slash).includes('%'))) return undefined;
  const bits = slash < 0 ? fullLength(base) : parseBits(text.slice(slash + 1), text.slice(0, slash), base);
  if (bits === undefined) return undefined;
  return (address) => address?.kind() === base.kind() && address.match(base, bits);
}

/** Reads an IPv4 or IPv6 address, with or without a zone; undefined for other text. */
export function parseAddress(text: string): IpAddress | undefined {
  // ipaddr.js alone also accepts `1`, `0x7f.1` and other forms of inet_aton.
  if (isIP(text) === 0) return undefined;
  const zone = text.indexOf('%');
  return ipaddr.process(zone < 0 ? text : text.slice(0, zone));
}

const fullLength = (address: IpAddress): number => (address.kind() === 'ipv4' ? 32 : 128);

function parseBits(digits: string, written: string, base: IpAddress): number | undefined {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  // `::ffff:192.0.2.0/120` is the IPv4 range 192.0.2.0/24; a shorter mapped prefix spans more than IPv4.
  const bits = Number(digits) - (isIP(written) === 6 && base.kind() === 'ipv4' ? 96 : 0);
  return bits >= 0 && bits <= fullLength(base) ? bits : undefined;
}
