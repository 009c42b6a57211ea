import type { H2SpecSection } from './case.ts';
import { continuation, data, getBlock, head, largeField, reset, windowUpdate } from './frames.ts';
import { connectionError, streamEnd, streamError } from './outcomes.ts';

const open = head({ end: false });

export const streamCases: readonly H2SpecSection[] = [
  {
    section: 'http2/5.1',
    cases: [
      {
        name: 'refuses DATA on an idle stream',
        steps: [data('test')],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses RST_STREAM on an idle stream',
        steps: [reset(1)],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses WINDOW_UPDATE on an idle stream',
        steps: [windowUpdate(1, 100)],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses CONTINUATION on an idle stream',
        steps: [continuation(getBlock)],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses DATA on a half-closed stream',
        steps: [head(), data('test')],
        outcome: streamError('STREAM_CLOSED'),
      },
      {
        name: 'refuses HEADERS on a half-closed stream',
        steps: [head(), head()],
        outcome: streamError('STREAM_CLOSED'),
      },
      {
        name: 'refuses CONTINUATION on a half-closed stream',
        steps: [head(), continuation(getBlock)],
        outcome: streamError('STREAM_CLOSED', 'PROTOCOL_ERROR'),
      },
      {
        name: 'refuses DATA after RST_STREAM',
        steps: [open, reset(1), data('test')],
        outcome: streamError('STREAM_CLOSED'),
      },
      {
        name: 'refuses HEADERS after RST_STREAM',
        steps: [open, reset(1), head()],
        outcome: streamError('STREAM_CLOSED'),
      },
      {
        name: 'refuses CONTINUATION after RST_STREAM',
        steps: [open, reset(1), continuation(largeField())],
        outcome: streamError('STREAM_CLOSED', 'PROTOCOL_ERROR'),
      },
      {
        name: 'refuses DATA on a closed stream',
        steps: [head(), streamEnd, data('test')],
        outcome: streamError('STREAM_CLOSED'),
      },
      {
        name: 'refuses HEADERS on a closed stream',
        steps: [head(), streamEnd, head()],
        outcome: connectionError('STREAM_CLOSED'),
      },
      {
        name: 'refuses CONTINUATION on a closed stream',
        steps: [head(), streamEnd, continuation(largeField())],
        outcome: connectionError('STREAM_CLOSED', 'PROTOCOL_ERROR'),
      },
    ],
  },
];
