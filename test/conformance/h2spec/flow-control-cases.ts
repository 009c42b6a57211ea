import { frameTypes, toFrame } from '../../../packages/testkit/src/http2-frames.ts';
import type { H2SpecSection } from './case.ts';
import { head, settingIds, settings, windowUpdate } from './frames.ts';
import { connectionError, dataFrame, exactly, settingsAck, streamError } from './outcomes.ts';

const initialWindow = (bytes: number): Buffer => settings([settingIds.initialWindowSize, bytes]);
const largest = 2 ** 31 - 1;

export const flowControlCases: readonly H2SpecSection[] = [
  {
    section: 'http2/6.5.3',
    cases: [
      {
        name: 'applies the last of several values for one setting',
        steps: [
          settings([settingIds.initialWindowSize, 100], [settingIds.initialWindowSize, 1]),
          settingsAck,
          head(),
        ],
        outcome: dataFrame(1),
      },
      {
        name: 'acknowledges SETTINGS',
        steps: [settings([settingIds.enablePush, 0])],
        outcome: settingsAck,
      },
    ],
  },
  {
    section: 'http2/6.9',
    cases: [
      {
        name: 'refuses WINDOW_UPDATE by 0 for the connection',
        steps: [windowUpdate(0, 0)],
        outcome: connectionError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses WINDOW_UPDATE by 0 for a stream',
        steps: [head({ end: false }), windowUpdate(1, 0)],
        outcome: streamError('PROTOCOL_ERROR'),
      },
      {
        name: 'refuses WINDOW_UPDATE of three bytes',
        steps: [toFrame(frameTypes.windowUpdate, 0, 0, Buffer.from([0, 0, 1]))],
        outcome: connectionError('FRAME_SIZE_ERROR'),
      },
    ],
  },
  {
    section: 'http2/6.9.1',
    cases: [
      {
        name: 'sends no more DATA than the window takes',
        steps: [initialWindow(1), settingsAck, head()],
        outcome: dataFrame(1),
      },
      {
        name: 'refuses a window of the connection beyond 2,147,483,647 bytes',
        steps: [windowUpdate(0, largest), windowUpdate(0, largest)],
        outcome: exactly('goaway', 'FLOW_CONTROL_ERROR'),
      },
      {
        name: 'refuses a window of a stream beyond 2,147,483,647 bytes',
        steps: [head({ end: false }), windowUpdate(1, largest), windowUpdate(1, largest)],
        outcome: exactly('reset', 'FLOW_CONTROL_ERROR'),
      },
    ],
  },
  {
    section: 'http2/6.9.2',
    cases: [
      {
        name: 'adjusts the windows of open streams to a new initial size',
        steps: [initialWindow(0), settingsAck, head(), initialWindow(1), settingsAck],
        outcome: dataFrame(1),
      },
      {
        name: 'keeps a window that has become negative',
        steps: [
          initialWindow(3),
          settingsAck,
          head(),
          dataFrame(),
          initialWindow(2),
          settingsAck,
          windowUpdate(1, 2),
        ],
        outcome: dataFrame(1),
      },
      {
        name: 'refuses an initial window beyond 2,147,483,647 bytes',
        steps: [initialWindow(2 ** 31)],
        outcome: connectionError('FLOW_CONTROL_ERROR'),
      },
    ],
  },
];
