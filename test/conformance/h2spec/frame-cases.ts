import { frameFlags, frameTypes, toFrame } from '../../../packages/testkit/src/http2-frames.ts';
import type { H2SpecCase, H2SpecSection, H2SpecOutcome } from './case.ts';
import {
  continuation,
  data,
  getBlock,
  head,
  largeField,
  ping,
  postHead,
  priority,
  reset,
  settingIds,
  settings,
} from './frames.ts';
import { connectionError, pingAck, response, streamError } from './outcomes.ts';

/** @param frame type, flags and stream of a frame. */
const refuses = (
  name: string,
  [type, flags, stream]: readonly [type: number, flags: number, stream: number],
  payload: Buffer,
  outcome: H2SpecOutcome = connectionError('FRAME_SIZE_ERROR'),
): H2SpecCase => ({ name: `refuses ${name}`, steps: [toFrame(type, flags, stream, payload)], outcome });

const protocolError = connectionError('PROTOCOL_ERROR');
const openHead = head({ end: false, endHeaders: false });

const refusesSetting = (name: string, id: number, value: number, outcome = protocolError): H2SpecCase => ({
  name: `refuses ${name}`,
  steps: [settings([id, value])],
  outcome,
});

export const frameCases: readonly H2SpecSection[] = [
  {
    section: 'http2/6.1',
    cases: [
      { name: 'refuses DATA without a stream', steps: [data('test', true, 0)], outcome: protocolError },
      {
        name: 'refuses DATA on a stream that is not open',
        steps: [head(), data('test')],
        outcome: streamError('STREAM_CLOSED'),
      },
      {
        name: 'refuses DATA with more padding than bytes',
        steps: [
          postHead(['content-length', '4']),
          toFrame(frameTypes.data, frameFlags.padded | frameFlags.endStream, 1, Buffer.from('\x06Test')),
        ],
        outcome: protocolError,
      },
    ],
  },
  {
    section: 'http2/6.2',
    cases: [
      {
        name: 'refuses HEADERS without END_HEADERS that PRIORITY follows',
        steps: [openHead, priority(1), continuation(largeField())],
        outcome: protocolError,
      },
      {
        name: 'refuses HEADERS without END_HEADERS that HEADERS of another stream follow',
        steps: [openHead, head({ stream: 3 }), continuation(largeField())],
        outcome: protocolError,
      },
      { name: 'refuses HEADERS without a stream', steps: [head({ stream: 0 })], outcome: protocolError },
      {
        name: 'refuses HEADERS with more padding than bytes',
        steps: [
          toFrame(
            frameTypes.headers,
            frameFlags.endStream | frameFlags.endHeaders | frameFlags.padded,
            1,
            Buffer.concat([Buffer.from([getBlock.length + 2]), getBlock]),
          ),
        ],
        outcome: streamError('PROTOCOL_ERROR'),
      },
    ],
  },
  {
    section: 'http2/6.3',
    cases: [
      { name: 'refuses PRIORITY without a stream', steps: [priority(0)], outcome: protocolError },
      {
        name: 'refuses PRIORITY of four bytes',
        steps: [head(), toFrame(frameTypes.priority, 0, 1, Buffer.from([0x80, 0, 0, 1]))],
        outcome: streamError('FRAME_SIZE_ERROR'),
      },
    ],
  },
  {
    section: 'http2/6.4',
    cases: [
      { name: 'refuses RST_STREAM without a stream', steps: [reset(0)], outcome: protocolError },
      { name: 'refuses RST_STREAM of an idle stream', steps: [reset(1)], outcome: protocolError },
      {
        name: 'refuses RST_STREAM of three bytes',
        steps: [head(), toFrame(frameTypes.reset, 0, 1, Buffer.alloc(3))],
        outcome: streamError('FRAME_SIZE_ERROR'),
      },
    ],
  },
  {
    section: 'http2/6.5',
    cases: [
      refuses(
        'an acknowledgement of SETTINGS with a payload',
        [frameTypes.settings, frameFlags.ack, 0],
        Buffer.alloc(1),
      ),
      refuses(
        'SETTINGS of a stream',
        [frameTypes.settings, 0, 1],
        Buffer.from([0, 3, 0, 0, 0, 100]),
        protocolError,
      ),
      refuses(
        'SETTINGS of three bytes',
        [frameTypes.settings, 0, 0],
        Buffer.from([0, 3, 0]),
        streamError('PROTOCOL_ERROR', 'FRAME_SIZE_ERROR'),
      ),
    ],
  },
  {
    section: 'http2/6.5.2',
    cases: [
      refusesSetting('2 for SETTINGS_ENABLE_PUSH', settingIds.enablePush, 2),
      refusesSetting(
        '2,147,483,648 for SETTINGS_INITIAL_WINDOW_SIZE',
        settingIds.initialWindowSize,
        2 ** 31,
        connectionError('FLOW_CONTROL_ERROR'),
      ),
      refusesSetting('16,383 for SETTINGS_MAX_FRAME_SIZE', settingIds.maxFrameSize, 16_383),
      refusesSetting('16,777,216 for SETTINGS_MAX_FRAME_SIZE', settingIds.maxFrameSize, 2 ** 24),
      {
        name: 'ignores an unknown setting',
        steps: [settings([0xff, 1]), ping('')],
        outcome: pingAck(''),
      },
    ],
  },
  {
    section: 'http2/6.7',
    cases: [
      { name: 'acknowledges PING with its bytes', steps: [ping('h2spec')], outcome: pingAck('h2spec') },
      {
        name: 'does not acknowledge an acknowledgement of PING',
        steps: [ping('invalid', true), ping('h2spec')],
        outcome: pingAck('h2spec'),
      },
      refuses('PING of a stream', [frameTypes.ping, 0, 1], Buffer.alloc(8), protocolError),
      refuses('PING of six bytes', [frameTypes.ping, 0, 1], Buffer.alloc(6)),
    ],
  },
  {
    section: 'http2/6.8',
    cases: [refuses('GOAWAY of a stream', [frameTypes.goaway, 0, 1], Buffer.alloc(8), protocolError)],
  },
  {
    section: 'http2/6.10',
    cases: [
      {
        name: 'accepts several CONTINUATION frames after HEADERS',
        steps: [head({ endHeaders: false }), continuation(largeField(), false), continuation(largeField())],
        outcome: response(),
      },
      {
        name: 'refuses DATA after CONTINUATION without END_HEADERS',
        steps: [openHead, continuation(largeField(), false), data('test')],
        outcome: protocolError,
      },
      {
        name: 'refuses CONTINUATION without a stream',
        steps: [head({ endHeaders: false }), continuation(largeField(), true, 0)],
        outcome: protocolError,
      },
      {
        name: 'refuses CONTINUATION after HEADERS with END_HEADERS',
        steps: [head(), continuation(largeField())],
        outcome: protocolError,
      },
      {
        name: 'refuses CONTINUATION after CONTINUATION with END_HEADERS',
        steps: [head({ endHeaders: false }), continuation(largeField()), continuation(largeField())],
        outcome: protocolError,
      },
      {
        name: 'refuses CONTINUATION after DATA',
        steps: [
          openHead,
          data('test'),
          continuation(largeField(), false),
          continuation(largeField(), true, 0),
        ],
        outcome: protocolError,
      },
    ],
  },
];
