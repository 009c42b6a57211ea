import { fromWire } from './wire-text.ts';

const shape = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/;

/** The host of an authority as received, without its port; the authority itself when it has none, as in Traefik. */
export function toHostOf(authority: string): string {
  const [, v6, name] = shape.exec(authority) ?? [];
  return fromWire(v6 ?? name ?? authority);
}

/** The port of an authority, or `-`. */
export const toPortOf = (authority: string): string => shape.exec(authority)?.[3] ?? '-';

/** Host and port of a server's URL. */
export const toServiceAddress = (url: string): string => new URL(url).host;
