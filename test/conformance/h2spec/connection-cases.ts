import { frameTypes, preface, settingsFrame, toFrame } from '../../../packages/testkit/src/http2-frames.ts';
import type { H2SpecSection } from './case.ts';
import {
  continuation,
  data,
  getBlock,
  head,
  largeField,
  ping,
  postHead,
  priority,
  settingIds,
  settings,
  unknownFrame,
} from './frames.ts';
import {
  anyPing,
  closed,
  connectionError,
  exactly,
  pingAck,
  response,
  serverPreface,
  streamError,
} from './outcomes.ts';

/** PING with a stream, which is a connection error. */
const invalidPing = toFrame(frameTypes.ping, 0, 3, Buffer.alloc(8));
const openHead = head({ end: false, endHeaders: false });

export const connectionCases: readonly H2SpecSection[] = [
  {
    section: 'http2/3.5',
    cases: [
      {
        name: 'begins with SETTINGS',
        steps: [preface, settingsFrame({ 4: 65_535 })],
        outcome: serverPreface,
        withoutPreface: true,
      },
      {
        name: 'closes a connection with an invalid preface',
        steps: [Buffer.from('INVALID CONNECTION PREFACE\r\n\r\n')],
        outcome: closed,
        withoutPreface: true,
        differs: 'the port serves HTTP/1.1 as well, so the connection is closed after a response 400',
      },
    ],
  },
  {
    section: 'http2/4.1',
    cases: [
      { name: 'ignores a frame of an unknown type', steps: [unknownFrame(), ping('')], outcome: pingAck('') },
      {
        name: 'ignores an undefined flag',
        steps: [toFrame(frameTypes.ping, 0x16, 0, Buffer.alloc(8))],
        outcome: anyPing,
      },
      {
        name: 'ignores the reserved bit of a stream identifier',
        steps: [toFrame(frameTypes.ping, 0x16, 2 ** 31, Buffer.alloc(8))],
        outcome: anyPing,
      },
    ],
  },
  {
    section: 'http2/4.2',
    cases: [
      {
        name: 'accepts DATA of 16,384 bytes',
        steps: [postHead(), data('x'.repeat(16_384))],
        outcome: response(),
      },
      {
        name: 'refuses larger DATA',
        steps: [postHead(), data('x'.repeat(16_385))],
        outcome: streamError('FRAME_SIZE_ERROR'),
      },
      {
        name: 'refuses larger HEADERS',
        steps: [head({ block: Buffer.concat([getBlock, ...[0, 1, 2, 3, 4].map(largeField)]) })],
        outcome: connectionError('FRAME_SIZE_ERROR'),
      },
    ],
  },
  {
    section: 'http2/4.3',
    cases: [
      {
        name: 'refuses a header block that cannot be decoded',
        steps: [head({ block: Buffer.from([0x40]) })],
        outcome: connectionError('COMPRESSION_ERROR'),
      },
      {
        name: 'refuses PRIORITY within a header block',
        steps: [openHead, priority(1), continuation(largeField())],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses HEADERS of another stream within a header block',
        steps: [openHead, head({ stream: 3 }), continuation(largeField())],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
    ],
  },
  {
    section: 'http2/5.1.1',
    cases: [
      {
        name: 'refuses a stream with an even identifier',
        steps: [head({ stream: 2 })],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses a new stream with a lower identifier than the one before',
        steps: [head({ stream: 5 }), head({ stream: 3 })],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
    ],
  },
  {
    section: 'http2/5.1.2',
    cases: [
      {
        name: 'refuses streams beyond SETTINGS_MAX_CONCURRENT_STREAMS',
        steps: [
          settings([settingIds.initialWindowSize, 0]),
          ...Array.from({ length: 251 }, (_, index) => head({ stream: 2 * index + 1 })),
        ],
        outcome: streamError('PROTOCOL_ERROR', 'REFUSED_STREAM'),
      },
    ],
  },
  {
    section: 'http2/5.3.1',
    cases: [
      {
        name: 'refuses a stream that depends on itself by HEADERS',
        steps: [head({ dependsOn: 1 })],
        outcome: streamError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses a stream that depends on itself by PRIORITY',
        steps: [priority(1, 255, { on: 1 })],
        outcome: streamError('PROTOCOL_ERROR'),
      },
    ],
  },
  {
    section: 'http2/5.4.1',
    cases: [
      { name: 'closes a connection after its error', steps: [invalidPing], outcome: closed },
      {
        name: 'sends GOAWAY before it closes a connection',
        steps: [invalidPing],
        outcome: exactly('goaway'),
      },
    ],
  },
  {
    section: 'http2/5.5',
    cases: [
      {
        name: 'ignores an extension frame',
        steps: [unknownFrame(), ping('')],
        outcome: pingAck(''),
      },
      {
        name: 'refuses an extension frame within a header block',
        steps: [head({ endHeaders: false }), unknownFrame()],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
    ],
  },
];
