import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { parseAddress, parseRange, toCanonicalAddress } from './address.ts';

describe("a peer's address", () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:192.0.2.256', '::ffff:192.0.2.256'],
    ['192.0.2.01', '192.0.2.01'],
    ['', ''],
  ])('%s is written as %s', (text, known) => {
    expect(toCanonicalAddress(text)).toBe(known);
  });

  it('over an IPv6 socket is always the same as over an IPv4 one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(toCanonicalAddress(address)).toBe(ipaddr.parse(address).toString());
        expect(toCanonicalAddress(`::ffff:${address}`)).toBe(toCanonicalAddress(address));
        expect(parseRange(`::ffff:${address}`)?.(parseAddress(address))).toBe(true);
      }),
    );
  });
});
