import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader } from './proxy-protocol.ts';

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const line = (text: string): Buffer => Buffer.from(text, 'latin1');

function binary(command: number, family: number, rest: Buffer, length = rest.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(command, 0);
  head.writeUInt8(family, 1);
  head.writeUInt16BE(length, 2);
  return Buffer.concat([signature, head, rest]);
}

const v4 = Buffer.from([192, 0, 2, 1, 192, 0, 2, 2, 0xc7, 0x38, 0x01, 0xbb]);
const v6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from('20010db8000000000000000000000002', 'hex'),
  v4.subarray(8),
]);

describe('a PROXY header', () => {
  it.each([
    ['TCP4', line('PROXY TCP4 192.0.2.1 192.0.2.2 51000 443\r\n'), '192.0.2.1'],
    ['TCP6', line('PROXY TCP6 2001:db8::1 2001:db8::2 51000 443\r\n'), '2001:db8::1'],
    ['IPv4 in version 2', binary(0x21, 0x11, v4), '192.0.2.1'],
    ['IPv6 in version 2', binary(0x21, 0x21, v6), '2001:db8::1'],
    [
      'IPv4 with more values',
      binary(0x21, 0x11, Buffer.concat([v4, Buffer.from([4, 0, 1, 0])])),
      '192.0.2.1',
    ],
  ])('names the caller: %s', (_what, header, address) => {
    const bytes = Buffer.concat([header, line('GET / HTTP/1.1\r\n')]);
    expect(readProxyHeader(bytes)).toEqual({
      kind: 'header',
      length: header.length,
      source: { address, port: 51_000 },
    });
  });

  it.each([
    ['UNKNOWN', line('PROXY UNKNOWN\r\n')],
    ['UNKNOWN with addresses', line('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n')],
    ['LOCAL', binary(0x20, 0x00, Buffer.alloc(0))],
    ['LOCAL with a family and no addresses', binary(0x20, 0x11, Buffer.alloc(0))],
    ['a Unix socket', binary(0x21, 0x31, Buffer.alloc(216))],
  ])('may leave the caller to the connection: %s', (_what, header) => {
    expect(readProxyHeader(header)).toEqual({ kind: 'header', length: header.length, source: undefined });
  });

  it.each([
    'PROXY TCP4 192.0.2.1 192.0.2.2 51000 443\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 51000\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 51000 443 1\r\n',
    'PROXY  TCP4 192.0.2.1 192.0.2.2 51000 443\r\n',
    'PROXY TCP4 2001:db8::1 192.0.2.2 51000 443\r\n',
    'PROXY TCP6 192.0.2.1 192.0.2.2 51000 443\r\n',
    'PROXY TCP6 fe80::1%eth0 2001:db8::2 51000 443\r\n',
    'PROXY TCP4 192.0.2.01 192.0.2.2 51000 443\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 051000 443\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 -1 443\r\n',
    'PROXY UDP4 192.0.2.1 192.0.2.2 51000 443\r\n',
    'PROXYTCP4 192.0.2.1 192.0.2.2 51000 443\r\n',
    `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`,
    `PROXY UNKNOWN ${'x'.repeat(100)}`,
  ])('is invalid: %j', (text) => {
    expect(readProxyHeader(line(text))).toEqual({ kind: 'invalid' });
  });

  it.each([
    ['another version', binary(0x11, 0x11, v4)],
    ['another command', binary(0x22, 0x11, v4)],
    ['another family', binary(0x21, 0x41, v4)],
    ['another transport', binary(0x21, 0x13, v4)],
    ['no family for a caller', binary(0x21, 0x00, Buffer.alloc(0))],
    ['too short for its addresses', binary(0x21, 0x21, v4)],
    ['too long', binary(0x21, 0x11, v4, 4097)],
    ['too long for the proxy itself', binary(0x20, 0x00, Buffer.alloc(0), 0xffff)],
  ])('of version 2 is invalid: %s', (_what, header) => {
    expect(readProxyHeader(header)).toEqual({ kind: 'invalid' });
  });

  it.each(['GET / HTTP/1.1\r\n', 'PROPFIND / HTTP/1.1\r\n', '\x16\x03\x01', '\r\nGET / HTTP/1.1\r\n'])(
    'is absent: %j',
    (text) => expect(readProxyHeader(line(text))).toEqual({ kind: 'none' }),
  );

  const address = fc.oneof(
    fc.ipV4().map((ip) => ['TCP4', ip] as const),
    fc.ipV6().map((ip) => ['TCP6', ip] as const),
  );
  const port = fc.integer({ min: 0, max: 65_535 });
  const header = fc.oneof(
    fc
      .tuple(address, port, port)
      .map(([[family, ip], from, to]) => line(`PROXY ${family} ${ip} ${ip} ${from} ${to}\r\n`))
      .filter((bytes) => bytes.length <= 107),
    fc
      .tuple(fc.constantFrom([0x11, v4] as const, [0x21, v6] as const), fc.uint8Array({ maxLength: 300 }))
      .map(([[family, block], more]) => binary(0x21, family, Buffer.concat([block, more]))),
  );

  it('is incomplete until its last byte, however it is split', () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 20 }), (whole, more) => {
        for (let end = 0; end < whole.length; end += 1)
          expect(readProxyHeader(whole.subarray(0, end)).kind).toBe('incomplete');
        expect(readProxyHeader(Buffer.concat([whole, more]))).toEqual(readProxyHeader(whole));
        expect(readProxyHeader(whole)).toMatchObject({ kind: 'header', length: whole.length });
      }),
      { numRuns: 20 },
    );
  });

  it('never buffers more than 4,112 bytes, and never throws', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([signature, bytes])),
      fc.string({ unit: 'binary', maxLength: 200 }).map((text) => line(`PROXY ${text}`)),
    );
    fc.assert(
      fc.property(noise, (bytes) => {
        const read = readProxyHeader(bytes);
        const full = readProxyHeader(Buffer.concat([bytes, Buffer.alloc(4112 + 107)]));
        expect(full.kind).not.toBe('incomplete');
        expect(read.kind === 'header' ? read.length : 0).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 100 },
    );
  });
});
