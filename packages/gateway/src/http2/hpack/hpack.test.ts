import { assert, array, integer, property, record, string, constantFrom, oneof, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';
import { decodeHuffman, encodeHuffman, huffmanLength } from './huffman.ts';

const limits = { maxBytes: 65_536, maxFields: 1000 };

function decode(decoder: HpackDecoder, hex: string): unknown {
  const block = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  return decoder.decode(block, 0, block.length);
}

/** The examples of RFC 7541 appendix C: what a block stands for, with the state that the ones before left. */
describe('the examples of RFC 7541', () => {
  const get = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'];
  const requests = [get, [...get, 'cache-control', 'no-cache']] as const;
  const third = [
    ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'],
    ...['custom-key', 'custom-value'],
  ];
  test.each([
    [
      'C.2.1',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      ['custom-key', 'custom-header'],
    ],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', [':path', '/sample/path']],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', ['password', 'secret']],
    ['C.2.4', '82', [':method', 'GET']],
  ])('%s', (_, hex, fields) => {
    expect(decode(new HpackDecoder(4096, limits), hex)).toEqual(fields);
  });

  test.each([
    [
      'C.3 (requests as they are)',
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    [
      'C.4 (requests in the Huffman code)',
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
  ])('%s', (_, ...blocks) => {
    const decoder = new HpackDecoder(4096, limits);
    expect(blocks.map((hex) => decode(decoder, hex))).toEqual([...requests, third]);
  });

  test.each([
    [
      'C.5 (responses as they are, with a table of 256 bytes)',
      '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '4803 3330 37c1 c0bf',
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
    ],
    [
      'C.6 (responses in the Huffman code, with a table of 256 bytes)',
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ],
  ])('%s', (_, ...blocks) => {
    const decoder = new HpackDecoder(256, limits);
    const common = ['cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
    const location = ['location', 'https://www.example.com'];
    expect(blocks.map((hex) => decode(decoder, hex))).toEqual([
      [':status', '302', ...common, ...location],
      [':status', '307', ...common, ...location],
      [
        ...[
          ':status',
          '200',
          'cache-control',
          'private',
          'date',
          'Mon, 21 Oct 2013 20:13:22 GMT',
          ...location,
        ],
        ...['content-encoding', 'gzip'],
        ...['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
      ],
    ]);
  });
});

describe('a block that is not valid', () => {
  test.each([
    ['the index 0', '80'],
    ['an index beyond both tables', 'be'],
    ['the name of an index beyond both tables', '7e 01 61'],
    ['a string that is longer than the block', '40 0a 61'],
    ['a string without its length', '40'],
    ['an integer that never ends', 'ff ff ff ff ff ff ff ff'],
    ['an integer that ends with the block', 'ff'],
    ['a table that is larger than allowed', '3f e2 1f'],
    ['a change of the table behind a field', '82 20'],
    ['padding in the Huffman code of more than seven bits', '00 81 1f 81 ff'],
    ['padding in the Huffman code that is not of ones', '00 81 18 01 61'],
    ['the end of a string in the Huffman code', '00 84 ff ff ff ff 01 61'],
  ])('is refused: %s', (_, hex) => {
    expect(decode(new HpackDecoder(4096, limits), hex)).toBe('invalid');
  });

  test('may shrink the table, and grow it again, before its fields', () => {
    const decoder = new HpackDecoder(4096, limits);
    expect(decode(decoder, '40 01 61 01 62')).toEqual(['a', 'b']);
    expect(decode(decoder, 'be')).toEqual(['a', 'b']);
    expect(decode(decoder, '20 3f e1 1f 82')).toEqual([':method', 'GET']);
    expect(decode(decoder, 'be')).toBe('invalid');
  });
});

test('fields beyond the limits are not kept, and the table stays right', () => {
  const decoder = new HpackDecoder(4096, { maxBytes: 100, maxFields: 2 });
  expect(decode(decoder, '82 82 82')).toBe('too_large');
  expect(decode(decoder, '40 01 61 01 62 40 01 63 01 64 40 01 65 01 66')).toBe('too_large');
  expect(decode(decoder, 'be')).toEqual(['e', 'f']);
});

test('a block that is repeated gives the same fields until the table changes', () => {
  const decoder = new HpackDecoder(4096, limits);
  decode(decoder, '40 01 61 01 62');
  decode(decoder, '82 be');
  const first = decode(decoder, '82 be');
  expect(first).toEqual([':method', 'GET', 'a', 'b']);
  expect(decode(decoder, '82 be')).toBe(first);
  decode(decoder, '40 01 63 01 64');
  expect(decode(decoder, '82 be')).toEqual([':method', 'GET', 'c', 'd']);
});

const text = string({ unit: 'binary', maxLength: 200 }).map((value) => Buffer.from(value).toString('latin1'));

test('every text survives the Huffman code', () => {
  assert(
    property(text, (value) => {
      const into = Buffer.alloc(huffmanLength(value));
      expect(encodeHuffman(value, into, 0)).toBe(into.length);
      expect(decodeHuffman(into, 0, into.length)).toBe(value);
    }),
  );
});

const names = constantFrom(
  'a',
  'b',
  'etag',
  'authorization',
  'cookie',
  ':path',
  'content-type',
  'date',
  'x-long-name',
);
const field = tuple(names, oneof(constantFrom('', '1', 'a value', 'x'.repeat(900)), text));
const message = record({
  fields: array(field, { maxLength: 12 }),
  /** SETTINGS_HEADER_TABLE_SIZE that the decoder announces before. */
  size: constantFrom(undefined, 0, 64, 300, 4096),
});

test('every sequence of messages is decoded as it was encoded, whatever size the table has', () => {
  assert(
    property(array(message, { maxLength: 30 }), integer({ min: 0, max: 8192 }), (messages, ownLimit) => {
      const encoder = new HpackEncoder(ownLimit);
      const decoder = new HpackDecoder(4096, limits);
      for (const { fields, size } of messages) {
        if (size !== undefined) encoder.allowTableSize(size);
        const block = encoder.encode(fields.flat());
        expect(decoder.decode(block, 0, block.length)).toEqual(fields.flat());
      }
    }),
  );
});

test('bytes that nobody encoded are refused or decoded, and never more than the limits', () => {
  assert(
    property(array(integer({ min: 0, max: 255 }), { maxLength: 300 }), (bytes) => {
      const decoder = new HpackDecoder(4096, { maxBytes: 500, maxFields: 10 });
      const block = Buffer.from(bytes);
      const fields = decoder.decode(block, 0, block.length);
      expect(typeof fields === 'string' ? 0 : fields.length).toBeLessThanOrEqual(20);
    }),
  );
});

test('credentials are never added to the table, nor by anybody who passes them on', () => {
  const encoder = new HpackEncoder(4096);
  for (const name of ['authorization', 'proxy-authorization', 'cookie', 'set-cookie']) {
    const first = encoder.encode([name, 'secret']);
    // RFC 7541 section 6.2.3: the pattern 0001.
    expect((first[0] ?? 0) >>> 4).toBe(1);
    expect(encoder.encode([name, 'secret'])).toEqual(first);
  }
  expect(encoder.revision).toBe(0);
});
