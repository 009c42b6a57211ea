import { BlockList, isIP } from 'node:net';

export interface HostPort {
  /** Undefined: all addresses of the machine. */
  readonly host: string | undefined;
  /** 0: any free port. */
  readonly port: number;
}

/** Addresses of the listeners, by entry point; with the actual port when port 0 was configured. */
export type ListenAddresses = ReadonlyMap<string, HostPort>;

const shape = /^(?:\[([^[\]]+)\]|([^[\]:/]*)):(\d{1,5})(?:\/tcp)?$/i;
const hostname = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?$/;

/** Whether an address is a UDP address in Traefik's form: `:53/udp`. */
export const isUdpAddress = (text: string): boolean =>
  /\/udp$/i.test(text) && parseAddress(text.slice(0, -'/udp'.length)) !== undefined;

/** Parses `host:port`, `:port` or `[v6]:port`, each with or without Traefik's `/tcp`; undefined for anything else. */
export function parseAddress(text: string): HostPort | undefined {
  const [, v6, host = '', digits = ''] = shape.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) return undefined;
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : undefined;
  if (host === '') return { host: undefined, port };
  return hostname.test(host) ? { host, port } : undefined;
}

/**
 * Whether two listeners cannot have these addresses at the same time. Host names are compared as text, because they are
 * resolved only when they are listened on.
 */
export function isSameListener(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  const [one, other] = [toListened(a.host), toListened(b.host)];
  // A listener on all IPv6 addresses accepts IPv4, too.
  if (one === other || one === '::' || other === '::') return true;
  return (one === '0.0.0.0' && isIP(other) === 4) || (other === '0.0.0.0' && isIP(one) === 4);
}

/** One form of each address. */
function toListened(host = '::'): string {
  return isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase();
}

export const formatAddress = ({ host = '', port }: HostPort): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Whether only this machine reaches an address (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
export function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false;
  return isIP(host) === 0
    ? host.toLowerCase() === 'localhost'
    : loopback.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** True for an IP address or a CIDR range (RFC 4632 section 3.1). */
export function isAddressRange(text: string): boolean {
  const [, base = '', bits] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(base);
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128);
}
