import { frameFlags, frameTypes, literals, toFrame } from '../../../packages/testkit/src/http2-frames.ts';
import { requestFields } from '../../../packages/testkit/src/raw-http2.ts';
import type { H2SpecCase, H2SpecSection } from './case.ts';
import { data, type FrameFields, get, getBlock, goaway, head, ping, postHead, reset } from './frames.ts';
import { connectionError, pingAck, streamError } from './outcomes.ts';

const refuses = (name: string, fields: FrameFields): H2SpecCase => ({
  name: `refuses ${name}`,
  steps: [head({ fields })],
  outcome: streamError('PROTOCOL_ERROR'),
});
const length: FrameFields = [['content-length', '1']];

export const messageCases: readonly H2SpecSection[] = [
  {
    section: 'http2/7',
    cases: [
      {
        name: 'ignores an unknown error code of GOAWAY',
        steps: [goaway(0xff), ping('h2spec')],
        outcome: pingAck('h2spec', true),
      },
      {
        name: 'ignores an unknown error code of RST_STREAM',
        steps: [postHead(), reset(1, 0xff), ping('')],
        outcome: pingAck(''),
      },
    ],
  },
  {
    section: 'http2/8.1',
    cases: [
      {
        name: 'refuses trailers that do not end the stream',
        steps: [postHead(), data('test', false), head({ block: literals([['x-test', 'ok']]), end: false })],
        outcome: streamError('PROTOCOL_ERROR'),
      },
    ],
  },
  { section: 'http2/8.1.2', cases: [refuses('a name in upper case', [...get, ['X-TEST', 'ok']])] },
  {
    section: 'http2/8.1.2.1',
    cases: [
      refuses('an unknown pseudo-header field', [...get, [':test', 'ok']]),
      refuses('a pseudo-header field of responses', [...get, [':status', '200']]),
      {
        name: 'refuses a pseudo-header field in trailers',
        steps: [
          postHead(),
          data('test', false),
          head({ block: literals([[':method', 'POST']]), end: false }),
        ],
        outcome: streamError('PROTOCOL_ERROR'),
      },
      refuses('a pseudo-header field after another field', [['x-test', 'ok'], ...get]),
    ],
  },
  {
    section: 'http2/8.1.2.2',
    cases: [
      refuses('a field of a connection', [...get, ['connection', 'keep-alive']]),
      refuses('TE with more than trailers', [...get, ['trailers', 'test'], ['te', 'trailers, deflate']]),
    ],
  },
  {
    section: 'http2/8.1.2.3',
    cases: [
      refuses('an empty path', requestFields({ ':path': '' })),
      refuses('a request without a method', requestFields({ ':method': undefined })),
      refuses('a request without a scheme', requestFields({ ':scheme': undefined })),
      refuses('a request without a path', requestFields({ ':path': undefined })),
      refuses('two methods', [...get, [':method', 'GET']]),
      refuses('two schemes', [...get, [':scheme', 'http']]),
      refuses('two paths', [...get, [':path', '/']]),
    ],
  },
  {
    section: 'http2/8.1.2.6',
    cases: [
      {
        name: 'refuses DATA that differs from Content-Length',
        steps: [postHead(...length), data('test')],
        outcome: streamError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses several DATA frames that differ from Content-Length',
        steps: [postHead(...length), data('test', false), data('test')],
        outcome: streamError('PROTOCOL_ERROR'),
      },
    ],
  },
  {
    section: 'http2/8.2',
    cases: [
      {
        name: 'refuses PUSH_PROMISE',
        steps: [
          toFrame(
            frameTypes.push,
            frameFlags.endHeaders,
            1,
            Buffer.concat([Buffer.from([0, 0, 0, 3]), getBlock]),
          ),
        ],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
    ],
  },
];
