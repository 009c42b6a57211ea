import type { HeaderPair } from './strict-reader.ts';

/** An HTTP/2 request as a caller sends it, byte for byte. */
export interface SmuggleSample {
  /** Pseudo-header fields and others, in order. */
  readonly fields: readonly HeaderPair[];
  /** Payload of each DATA frame; undefined: HEADERS end the stream. */
  readonly body?: readonly string[];
  /** They end the stream instead of the last DATA frame. */
  readonly trailers?: readonly HeaderPair[];
}

/** Parts of a value that could end a line or a message, or change its meaning. */
export const hostile: readonly string[] = [
  ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)),
  '\x7f',
  '\r\n',
  '\r\nx-forged: 1',
  '\nx-forged: 1',
  '\r\ntransfer-encoding: chunked',
  ' HTTP/1.1\r\nhost: forged\r\n\r\nGET /forged HTTP/1.1\r\nhost: forged\r\n\r\n',
  '\r\n\r\n0\r\n\r\n',
  ' ',
  '  ',
  ' HTTP/1.0',
  ':',
  ': ',
  '#',
  '"',
  ',',
  ';',
  '@',
  '/',
  '\\',
  '(',
  '{',
  '\x80',
  '\x85',
  '\xa0',
  '\xe9',
  '\xff',
  'A',
  '%',
  '%0d%0a',
  '%00',
];

export const get = (...more: readonly HeaderPair[]): readonly HeaderPair[] => [...pseudoOf('GET'), ...more];
export const post = (...more: readonly HeaderPair[]): readonly HeaderPair[] => [...pseudoOf('POST'), ...more];

export const pseudoOf = (method: string, path = '/', authority = 'api.example'): readonly HeaderPair[] => [
  [':method', method],
  [':scheme', 'http'],
  [':path', path],
  [':authority', authority],
];

/** The same fields, but one with another value. */
export const withValue = (
  fields: readonly HeaderPair[],
  name: string,
  value: string | undefined,
): readonly HeaderPair[] =>
  fields.flatMap((field) =>
    field[0] !== name ? [field] : value === undefined ? [] : [[name, value] as const],
  );

const inPlaces = (place: (text: string) => SmuggleSample): readonly SmuggleSample[] => [
  ...hostile.map((text) => place(`a${text}b`)),
  ...hostile.map((text) => place(text)),
  ...hostile.map((text) => place(`a${text}`)),
  ...hostile.map((text) => place(`${text}a`)),
];

const lengths = [
  '4',
  '04',
  '3',
  '5',
  '0',
  '',
  '+4',
  '-4',
  '0x4',
  '4.0',
  '4,4',
  '4, 4',
  ' 4',
  '4 ',
  '4;',
  '1e1',
  '४',
];
const huge = ['99999999999999999999', '18446744073709551620', '4294967300'];
const bodies: readonly (readonly string[] | undefined)[] = [
  undefined,
  [''],
  ['abcd'],
  ['ab', 'cd'],
  ['abcd', 'e'],
  ['0\r\n\r\n'],
];
const hosts = [
  undefined,
  'api.example',
  'api.example:80',
  'api.example:080',
  'API.example',
  'api.example.',
  'other.example',
  '',
  'a,b',
  'user@api.example',
  'api.example/x',
  'api.example#x',
  'api.example?x',
  'api example',
  '[::1]',
  '[::1]:8000',
  '[::1',
  '::1',
  'api.example:',
  'api.example:x',
  'api.example:123456',
  'api.example\r\nx-forged: 1',
];
const ofConnection = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];
const optionValues = [
  '',
  'close',
  'keep-alive',
  'x-a',
  'chunked',
  'identity',
  'gzip, chunked',
  'h2c',
  'websocket',
];
const unusual = [
  'HTTP2-Settings',
  'te',
  'expect',
  'trailer',
  'content-encoding',
  'range',
  'via',
  'x-a',
  'proxy-authorization',
];

/** Every sample of the corpus, by the affected part of the request. */
export const corpus: Readonly<Record<string, readonly SmuggleSample[]>> = {
  'the method': inPlaces((text) => ({ fields: withValue(get(), ':method', text) })),
  'the scheme': inPlaces((text) => ({ fields: withValue(get(), ':scheme', text) })),
  'the path': [
    ...inPlaces((text) => ({ fields: withValue(get(), ':path', `/${text}`) })),
    ...['', '*', 'a', 'http://other.example/', '//other.example/', '/?', '/?a b', '/#', '/a?b#c', '?a'].map(
      (path) => ({
        fields: withValue(get(), ':path', path),
      }),
    ),
  ],
  'the authority': inPlaces((text) => ({ fields: withValue(get(), ':authority', text) })),
  'the host': hosts.flatMap((authority) =>
    hosts.flatMap((host) => [
      {
        fields: [
          ...withValue(get(), ':authority', authority),
          ...(host === undefined ? [] : [['host', host] as const]),
        ],
      },
    ]),
  ),
  'a repeated field': [
    'host',
    ':method',
    ':path',
    ':scheme',
    ':authority',
    'content-length',
    'cookie',
    'x-a',
  ].flatMap((name) =>
    [
      ['4', '4'],
      ['4', '5'],
      ['a', 'b'],
    ].map((values) => ({
      fields: post(...values.map((value) => [name, value] as const)),
      body: ['abcd'],
    })),
  ),
  'a name': inPlaces((text) => ({ fields: get([text, 'value'], ['x-after', '1']) })),
  'a value': inPlaces((text) => ({ fields: get(['x-a', text], ['x-after', '1']) })),
  'a cookie': inPlaces((text) => ({ fields: get(['cookie', 'a=1'], ['cookie', text], ['cookie', 'b=2']) })),
  'the length': [...lengths, ...huge].flatMap((length) =>
    bodies.map((body) => ({ fields: post(['content-length', length]), ...(body !== undefined && { body }) })),
  ),
  'the connection': [...ofConnection, ...ofConnection.map((name) => name.toUpperCase()), ...unusual].flatMap(
    (name) =>
      [...optionValues, 'trailers', 'trailers, deflate', '100-continue'].flatMap((value) => [
        { fields: post([name, value], ['x-a', '1']), body: ['abcd'] },
        { fields: get([name, value], ['x-a', '1']) },
      ]),
  ),
  'a trailer': [
    ...inPlaces((text) => ({
      fields: post(),
      body: ['abcd'],
      trailers: [
        ['x-t', text],
        ['x-after', '1'],
      ],
    })),
    ...inPlaces((text) => ({
      fields: post(),
      body: ['abcd'],
      trailers: [
        [text, 'value'],
        ['x-after', '1'],
      ],
    })),
    ...[...ofConnection, 'host', 'content-length', 'authorization', 'cookie', ':path', 'te', 'X-Upper'].map(
      (name): SmuggleSample => ({
        fields: post(),
        body: ['abcd'],
        trailers: [
          [name, '4'],
          ['x-after', '1'],
        ],
      }),
    ),
  ],
};
