import { frameFlags, frameTypes, literals, toFrame } from '../../../packages/testkit/src/http2-frames.ts';
import { requestFields } from '../../../packages/testkit/src/raw-http2.ts';
import { opaque } from './outcomes.ts';

export type FrameFields = readonly (readonly [string, string])[];

export interface HeadOptions {
  readonly stream?: number;
  /** Default: the fields of `GET /`. */
  readonly fields?: FrameFields;
  /** Header block; default: the fields as literals. */
  readonly block?: Buffer;
  /** END_STREAM; default: true. */
  readonly end?: boolean;
  /** END_HEADERS; default: true. */
  readonly endHeaders?: boolean;
  readonly padding?: number;
  /** Stream that this one depends on. */
  readonly dependsOn?: number;
}

export const get: FrameFields = requestFields();
export const post: FrameFields = requestFields({ ':method': 'POST' });
export const getBlock: Buffer = literals(get);

/** HEADERS. */
export function head(options: HeadOptions = {}): Buffer {
  const { stream = 1, end = true, endHeaders = true, padding, dependsOn } = options;
  const block = options.block ?? literals(options.fields ?? get);
  const flags =
    (end ? frameFlags.endStream : 0) |
    (endHeaders ? frameFlags.endHeaders : 0) |
    (padding === undefined ? 0 : frameFlags.padded) |
    (dependsOn === undefined ? 0 : frameFlags.priority);
  const payload = Buffer.concat([
    Buffer.from(padding === undefined ? [] : [padding]),
    dependsOn === undefined ? Buffer.alloc(0) : dependency(dependsOn, false, 255),
    block,
    Buffer.alloc(padding ?? 0),
  ]);
  return toFrame(frameTypes.headers, flags, stream, payload);
}

/** HEADERS of `POST /`, whose body follows. */
export const postHead = (...more: FrameFields): Buffer => head({ fields: [...post, ...more], end: false });

export const data = (text: string, end = true, stream = 1): Buffer =>
  toFrame(frameTypes.data, end ? frameFlags.endStream : 0, stream, Buffer.from(text));

export const continuation = (block: Buffer, end = true, stream = 1): Buffer =>
  toFrame(frameTypes.continuation, end ? frameFlags.endHeaders : 0, stream, block);

export function priority(
  stream: number,
  weight = 255,
  { on = 0, exclusive = false }: { readonly on?: number; readonly exclusive?: boolean } = {},
): Buffer {
  return toFrame(frameTypes.priority, 0, stream, dependency(on, exclusive, weight));
}

function dependency(on: number, exclusive: boolean, weight: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(exclusive ? on + 2 ** 31 : on, 0);
  bytes[4] = weight;
  return bytes;
}

const withNumber = (type: number, stream: number, value: number): Buffer => {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return toFrame(type, 0, stream, payload);
};
export const windowUpdate = (stream: number, increment: number): Buffer =>
  withNumber(frameTypes.windowUpdate, stream, increment);
/** Default: CANCEL. */
export const reset = (stream: number, code = 8): Buffer => withNumber(frameTypes.reset, stream, code);

export const ping = (text: string, ack = false): Buffer =>
  toFrame(frameTypes.ping, ack ? frameFlags.ack : 0, 0, opaque(text));

export const goaway = (code: number, text = ''): Buffer => {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(code, 4);
  return toFrame(frameTypes.goaway, 0, 0, Buffer.concat([payload, Buffer.from(text)]));
};

/** A frame of type 22, which RFC 9113 does not define. */
export const unknownFrame = (): Buffer => toFrame(22, 0, 0, Buffer.alloc(8));

/** A field of 4,000 bytes. */
export const largeField = (index = 0): Buffer => literals([[`x-dummy${index}`, 'x'.repeat(4000)]]);

/** Settings in this order; the same one may come repeatedly. */
export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * entries.length);
  entries.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  });
  return toFrame(frameTypes.settings, 0, 0, payload);
}

export const settingIds = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;
