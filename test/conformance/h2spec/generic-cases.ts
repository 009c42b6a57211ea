import {
  frameFlags,
  frameTypes,
  literals,
  preface,
  settingsFrame,
  toFrame,
} from '../../../packages/testkit/src/http2-frames.ts';
import { requestFields } from '../../../packages/testkit/src/raw-http2.ts';
import type { H2SpecCase, H2SpecSection } from './case.ts';
import {
  continuation,
  data,
  get,
  getBlock,
  goaway,
  head,
  ping,
  post,
  postHead,
  priority,
  reset,
  settingIds,
  settings,
  windowUpdate,
} from './frames.ts';
import { dataFrame, pingAck, response, serverPreface, settingsAck, streamEnd } from './outcomes.ts';

const acceptsField = (name: string, hex: string): H2SpecCase => ({
  name: `accepts a field that is ${name}`,
  steps: [head({ block: Buffer.concat([getBlock, Buffer.from(hex, 'hex')]) })],
  outcome: response(),
});

/** `user-agent` and `x-test`, as literals and in the Huffman code, with the value `h2spec`. */
const userAgent = '0a757365722d6167656e7406683273706563';
const userAgentHuffman = '87b505b161cc5a93849c48aca4';
const test = '06782d7465737406683273706563';
const testHuffman = '85f2b24a84ff849c48aca4';

const frames: readonly H2SpecSection[] = [
  {
    section: 'generic/3.1',
    cases: [
      { name: 'accepts DATA', steps: [postHead(), data('test')], outcome: response() },
      {
        name: 'accepts several DATA frames',
        steps: [postHead(), data('test', false), data('test')],
        outcome: response(),
      },
      {
        name: 'accepts DATA with padding',
        steps: [
          postHead(),
          toFrame(
            frameTypes.data,
            frameFlags.endStream | frameFlags.padded,
            1,
            Buffer.from('\x05test\0\0\0\0\0', 'latin1'),
          ),
        ],
        outcome: response(),
      },
    ],
  },
  {
    section: 'generic/3.2',
    cases: [
      { name: 'accepts HEADERS', steps: [head()], outcome: response() },
      { name: 'accepts HEADERS with padding', steps: [head({ padding: 8 })], outcome: response() },
      { name: 'accepts HEADERS with priority', steps: [head({ dependsOn: 0 })], outcome: response() },
    ],
  },
  {
    section: 'generic/3.3',
    cases: [
      { name: 'accepts PRIORITY with weight 1', steps: [priority(1, 0), head()], outcome: response() },
      { name: 'accepts PRIORITY with weight 256', steps: [priority(1, 255), head()], outcome: response() },
      {
        name: 'accepts PRIORITY with a dependency',
        steps: [priority(3, 0, { on: 1 }), head()],
        outcome: response(),
      },
      {
        name: 'accepts PRIORITY that is exclusive',
        steps: [priority(1, 0, { exclusive: true }), head()],
        outcome: response(),
      },
      {
        name: 'accepts a request on a lower stream than an idle one with PRIORITY',
        steps: [priority(3), head()],
        outcome: response(),
      },
    ],
  },
  {
    section: 'generic/3.4',
    cases: [
      {
        name: 'accepts RST_STREAM',
        steps: [head({ end: false }), reset(1), ping('')],
        outcome: pingAck(''),
      },
    ],
  },
  {
    section: 'generic/3.5',
    cases: [
      {
        name: 'accepts SETTINGS',
        steps: [
          settings(
            [settingIds.headerTableSize, 4096],
            [settingIds.enablePush, 1],
            [settingIds.maxConcurrentStreams, 100],
            [settingIds.initialWindowSize, 65_535],
            [settingIds.maxFrameSize, 16_384],
            [settingIds.maxHeaderListSize, 100],
          ),
        ],
        outcome: settingsAck,
      },
    ],
  },
  {
    section: 'generic/3.7',
    cases: [{ name: 'accepts PING', steps: [ping('h2spec')], outcome: pingAck('h2spec') }],
  },
  {
    section: 'generic/3.8',
    cases: [
      {
        name: 'accepts GOAWAY',
        steps: [goaway(0, 'h2spec'), ping('h2spec')],
        outcome: pingAck('h2spec', true),
      },
    ],
  },
  {
    section: 'generic/3.9',
    cases: [
      {
        name: 'accepts WINDOW_UPDATE for the connection',
        steps: [windowUpdate(0, 1), ping('')],
        outcome: pingAck(''),
      },
      {
        name: 'accepts WINDOW_UPDATE for a stream',
        steps: [head(), windowUpdate(1, 1)],
        outcome: response(),
      },
    ],
  },
  {
    section: 'generic/3.10',
    cases: [
      {
        name: 'accepts CONTINUATION',
        steps: [
          head({ endHeaders: false, block: getBlock.subarray(0, 5) }),
          continuation(getBlock.subarray(5)),
        ],
        outcome: response(),
      },
      {
        name: 'accepts several CONTINUATION frames',
        steps: [
          head({ endHeaders: false, block: getBlock.subarray(0, 5) }),
          continuation(getBlock.subarray(5, 10), false),
          continuation(getBlock.subarray(10)),
        ],
        outcome: response(),
      },
    ],
  },
];

const noWindow = settings([settingIds.initialWindowSize, 0]);

export const genericCases: readonly H2SpecSection[] = [
  {
    section: 'generic/1',
    cases: [
      {
        name: 'accepts the preface of a client',
        steps: [preface, settingsFrame({ 4: 65_535 })],
        outcome: serverPreface,
        withoutPreface: true,
      },
    ],
  },
  {
    section: 'generic/2',
    cases: [
      { name: 'accepts PRIORITY on an idle stream', steps: [priority(1), ping('')], outcome: pingAck('') },
      {
        name: 'accepts WINDOW_UPDATE on a half-closed stream',
        steps: [noWindow, head(), windowUpdate(1, 1)],
        outcome: dataFrame(),
      },
      {
        name: 'accepts PRIORITY on a half-closed stream',
        steps: [noWindow, head(), priority(1), windowUpdate(1, 1)],
        outcome: dataFrame(),
      },
      {
        name: 'accepts RST_STREAM on a half-closed stream',
        steps: [head(), reset(1), ping('')],
        outcome: pingAck(''),
      },
      {
        name: 'accepts PRIORITY on a closed stream',
        steps: [head(), streamEnd, priority(1), ping('')],
        outcome: pingAck(''),
      },
    ],
  },
  ...frames,
  {
    section: 'generic/4',
    cases: [
      { name: 'responds to GET', steps: [head({ fields: get })], outcome: response() },
      {
        name: 'responds to HEAD',
        steps: [head({ fields: requestFields({ ':method': 'HEAD' }) })],
        outcome: response(),
      },
      { name: 'responds to POST', steps: [postHead(), data('test')], outcome: response() },
      {
        name: 'responds to POST with trailers',
        steps: [
          head({ fields: [...post, ['trailer', 'x-test']], end: false }),
          data('test', false),
          head({ block: literals([['x-test', 'ok']]) }),
        ],
        outcome: response(),
      },
    ],
  },
  {
    section: 'generic/5',
    cases: [
      acceptsField('indexed', 'ba'),
      acceptsField('indexed from here on, with a name in the Huffman code', `40${userAgentHuffman}`),
      acceptsField('indexed from here on', `40${userAgent}`),
      acceptsField('indexed from here on, with an unknown name', `40${test}`),
      acceptsField('indexed from here on, with an unknown name in the Huffman code', `40${testHuffman}`),
      acceptsField('not indexed', `00${userAgent}`),
      acceptsField('not indexed, with a name in the Huffman code', `00${userAgentHuffman}`),
      acceptsField('not indexed, with an unknown name', `00${test}`),
      acceptsField('not indexed, with an unknown name in the Huffman code', `00${testHuffman}`),
      acceptsField('never indexed', `10${userAgent}`),
      acceptsField('never indexed, with a name in the Huffman code', `10${userAgentHuffman}`),
      acceptsField('never indexed, with an unknown name', `10${test}`),
      acceptsField('never indexed, with an unknown name in the Huffman code', `10${testHuffman}`),
      {
        name: 'accepts an update of the size of the dynamic table',
        steps: [head({ block: Buffer.concat([Buffer.from('3f61', 'hex'), getBlock]) })],
        outcome: response(),
      },
      {
        name: 'accepts two updates of the size of the dynamic table',
        steps: [head({ block: Buffer.concat([Buffer.from('3f613fe11f', 'hex'), getBlock]) })],
        outcome: response(),
      },
    ],
  },
];
