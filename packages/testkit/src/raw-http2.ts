import { connect, type Socket } from 'node:net';
import { inTime } from './until.ts';

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

/** A frame of HTTP/2 (RFC 9113 section 4.1). */
export interface Http2Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A connection of HTTP/2 that sends frames as they are. */
export interface RawHttp2 {
  readonly socket: Socket;
  readonly frames: readonly Http2Frame[];
  send(...parts: readonly Buffer[]): void;
  /** Resolves with the first frame that matches; rejects when the connection ends first, or it takes too long. */
  until(matches: (frame: Http2Frame) => boolean): Promise<Http2Frame>;
  /** Resolves when the other side has closed the connection. */
  closed(): Promise<readonly Http2Frame[]>;
  /** Sends this repeatedly until the other side has closed the connection, at most so often. Resolves with the number of times. */
  flood(part: Buffer, most: number): Promise<number>;
}

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(
  type: number,
  frameFlags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = frameFlags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as literals without indexing and without Huffman coding (RFC 7541 section 6.2.2), whatever they contain. */
export const literals = (fields: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), ...[name, value].flatMap((text) => toString(text))]),
  );

function toString(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  return [toInteger(bytes.length), bytes];
}

/** With a prefix of seven bits (RFC 7541 section 5.1). */
function toInteger(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The fields of a request. @param overrides `undefined` leaves a pseudo-header field out. */
export function requestFields(
  overrides: Readonly<Record<string, string | undefined>> = {},
  ...more: readonly (readonly [string, string])[]
): (readonly [string, string])[] {
  const pseudo = {
    ':method': 'GET',
    ':scheme': 'http',
    ':path': '/',
    ':authority': 'api.example',
    ...overrides,
  };
  const given = Object.entries(pseudo as Readonly<Record<string, string | undefined>>).flatMap(
    ([name, value]) => (value === undefined ? [] : [[name, value] as const]),
  );
  return [...given, ...more];
}

/** HEADERS with all fields. */
export const headersFrame = (
  stream: number,
  fields: readonly (readonly [string, string])[],
  endStream = true,
): Buffer =>
  frame(frameTypes.headers, flags.endHeaders | (endStream ? flags.endStream : 0), stream, literals(fields));

export const settingsFrame = (settings: Readonly<Record<number, number>> = {}): Buffer => {
  const entries = Object.entries(settings);
  const payload = Buffer.alloc(entries.length * 6);
  entries.forEach(([id, value], index) => {
    payload.writeUInt16BE(Number(id), index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(frameTypes.settings, 0, 0, payload);
};

/** Connects, and sends the preface and SETTINGS unless the first bytes are given. */
export async function openRawHttp2(
  port: number,
  first: Buffer = Buffer.concat([preface, settingsFrame()]),
): Promise<RawHttp2> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  const frames: Http2Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let ended = false;
  const isEnded = (): boolean => ended;
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  const finish = (): void => {
    ended = true;
    wake();
  };
  socket.on('error', () => {});
  socket.on('end', finish).on('close', finish);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      frames.push({
        type: rest[3] ?? 0,
        flags: rest[4] ?? 0,
        stream: rest.readUInt32BE(5) & 0x7fffffff,
        payload: rest.subarray(9, end),
      });
      rest = rest.subarray(end);
    }
    wake();
  });
  const when = <T>(find: () => T | undefined, awaited: string): Promise<T> => {
    const shown = (): string =>
      `${awaited}; frames: ${frames.map(({ type, stream }) => `${type}/${stream}`).join(' ')}`;
    return inTime(
      new Promise<T>((resolve, reject) => {
        const watcher = (): void => {
          const found = find();
          if (found === undefined && !ended) return;
          watchers.delete(watcher);
          if (found === undefined) reject(new Error(`the connection ended before ${shown()}`));
          else resolve(found);
        };
        watchers.add(watcher);
        watcher();
      }),
      shown,
    );
  };
  socket.write(first);
  return {
    socket,
    frames,
    send: (...parts) => void socket.write(Buffer.concat(parts)),
    until: (matches) => when(() => frames.find(matches), 'a frame'),
    closed: () => when(() => (ended ? frames : undefined), 'the end of the connection'),
    async flood(part, most) {
      let sent = 0;
      for (; sent < most && !isEnded(); sent += 1) {
        if (socket.write(part)) continue;
        await new Promise<void>((resolve) => {
          const done = (): void => {
            socket.off('drain', done);
            watchers.delete(done);
            resolve();
          };
          socket.once('drain', done);
          watchers.add(done);
          if (isEnded()) done();
        });
      }
      return sent;
    },
  };
}

/** The error code of RST_STREAM or GOAWAY. */
export const errorCode = ({ type, payload }: Http2Frame): number =>
  payload.readUInt32BE(type === frameTypes.goaway ? 4 : 0);
