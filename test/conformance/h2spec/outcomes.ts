import {
  errorCode,
  frameFlags,
  frameTypes,
  type Http2Frame,
} from '../../../packages/testkit/src/http2-frames.ts';
import type { H2SpecOutcome } from './case.ts';

/** Error codes (RFC 9113 section 7). */
export const codes = {
  PROTOCOL_ERROR: 1,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  COMPRESSION_ERROR: 9,
} as const;

type CodeName = keyof typeof codes;

const hasCode = (frame: Http2Frame, names: readonly CodeName[]): boolean =>
  names.some((name) => codes[name] === errorCode(frame));

/** GOAWAY with one of the codes, or the end of the connection. */
export const connectionError = (...names: readonly CodeName[]): H2SpecOutcome => ({
  text: `connection error ${names.join(' or ')}`,
  closes: true,
  accepts: (frame) => (frame.type === frameTypes.goaway && hasCode(frame, names) ? true : undefined),
});

/** RST_STREAM or GOAWAY with one of the codes, or the end of the connection. */
export const streamError = (...names: readonly CodeName[]): H2SpecOutcome => ({
  text: `stream error ${names.join(' or ')}`,
  closes: true,
  accepts: (frame) =>
    (frame.type === frameTypes.goaway || frame.type === frameTypes.reset) && hasCode(frame, names)
      ? true
      : undefined,
});

export const closed: H2SpecOutcome = {
  text: 'end of the connection',
  closes: true,
  accepts: () => undefined,
};

/** The first GOAWAY or RST_STREAM has this code. @param name undefined: any. */
export const exactly = (type: 'goaway' | 'reset', name?: CodeName): H2SpecOutcome => ({
  text: `${type === 'goaway' ? 'GOAWAY' : 'RST_STREAM'} with ${name ?? 'any code'}`,
  closes: false,
  accepts: (frame) =>
    frame.type === frameTypes[type] ? name === undefined || hasCode(frame, [name]) : undefined,
});

/** The first HEADERS frame is of this stream. */
export const response = (stream = 1): H2SpecOutcome => ({
  text: `response on stream ${stream}`,
  closes: false,
  accepts: (frame) => (frame.type === frameTypes.headers ? frame.stream === stream : undefined),
});

/** @param bytes length of the first DATA frame; undefined: any. */
export const dataFrame = (bytes?: number): H2SpecOutcome => ({
  text: bytes === undefined ? 'DATA' : `DATA of ${bytes} bytes`,
  closes: false,
  accepts: ({ type, payload }) =>
    type === frameTypes.data ? bytes === undefined || payload.length === bytes : undefined,
});

export const settingsAck: H2SpecOutcome = {
  text: 'acknowledgement of SETTINGS',
  closes: false,
  accepts: ({ type, flags }) => (type === frameTypes.settings ? flags === frameFlags.ack : undefined),
};

/** The first SETTINGS frame acknowledges nothing, and no frame comes before it. */
export const serverPreface: H2SpecOutcome = {
  text: 'SETTINGS as the first frame',
  closes: false,
  accepts: ({ type, flags }) => type === frameTypes.settings && flags === 0,
};

/** @param closes whether the connection may end instead. */
export const pingAck = (text: string, closes = false): H2SpecOutcome => ({
  text: `acknowledgement of PING${closes ? ', or the end of the connection' : ''}`,
  closes,
  accepts: ({ type, flags, payload }) =>
    type === frameTypes.ping ? flags === frameFlags.ack && payload.equals(opaque(text)) : undefined,
});

/** Any PING frame. */
export const anyPing: H2SpecOutcome = {
  text: 'PING',
  closes: false,
  accepts: ({ type }) => (type === frameTypes.ping ? true : undefined),
};

/** The stream is closed without an error. */
export const streamEnd: H2SpecOutcome = {
  text: 'orderly end of the stream',
  closes: false,
  accepts({ type, flags, payload }) {
    const ends = (flags & frameFlags.endStream) !== 0;
    if (type === frameTypes.data || type === frameTypes.headers) return ends ? true : undefined;
    return type === frameTypes.reset && payload.readUInt32BE(0) === 0 ? true : undefined;
  },
};

/** The eight bytes of PING. */
export function opaque(text: string): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.write(text, 'latin1');
  return bytes;
}
