import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A frame of HTTP/2 (RFC 9113 section 4). */
export interface WireFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const types = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const endStream = 1;
export const endHeaders = 4;

export function toFrame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const settings = (...pairs: readonly (readonly [id: number, value: number])[]): Buffer =>
  toFrame(
    types.settings,
    0,
    0,
    Buffer.concat(
      pairs.map(([id, value]) => {
        const pair = Buffer.alloc(6);
        pair.writeUInt16BE(id, 0);
        pair.writeUInt32BE(value, 2);
        return pair;
      }),
    ),
  );

const toUint32s = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
};

export const goaway = (lastStream: number, code: number): Buffer =>
  toFrame(types.goaway, 0, 0, toUint32s(lastStream, code));
export const rst = (stream: number, code: number): Buffer => toFrame(types.rst, 0, stream, toUint32s(code));
export const data = (stream: number, text: string, flags = 0): Buffer =>
  toFrame(types.data, flags, stream, Buffer.from(text, 'latin1'));

/** Literal fields without indexing (RFC 7541 section 6.2.2), whatever is in them. */
export const block = (fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), toText(name), toText(value)]),
  );

function toText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const size = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) size.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...size, rest]), bytes]);
}

export const headers = (stream: number, fields: Readonly<Record<string, string>>, flags = 0): Buffer =>
  toFrame(types.headers, endHeaders | flags, stream, block(fields));

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export interface FrameServer {
  readonly origin: string;
  readonly sockets: readonly Socket[];
  /** Frames that have arrived, of all connections. */
  readonly frames: readonly WireFrame[];
  close(): Promise<void>;
}

/** A server that reads frames and sends whatever the test says. @param greet sent at once. */
export async function startFrameServer(
  onFrame: (socket: Socket, frame: WireFrame, connection: number) => void,
  greet: (connection: number) => Buffer | string | undefined = () => settings(),
): Promise<FrameServer> {
  const sockets: Socket[] = [];
  const frames: WireFrame[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    let rest = Buffer.alloc(0);
    let isGreeted = false;
    socket.on('error', () => {});
    const first = greet(connection);
    if (first !== undefined) socket.write(first);
    socket.on('data', (part) => {
      rest = Buffer.concat([rest, part]);
      if (!isGreeted) {
        if (rest.length < preface.length) return;
        isGreeted = true;
        rest = rest.subarray(preface.length);
      }
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const size = rest.readUIntBE(0, 3);
        const frame = {
          type: rest[3]!,
          flags: rest[4]!,
          stream: rest.readUInt32BE(5),
          payload: Buffer.from(rest.subarray(9, 9 + size)),
        };
        rest = rest.subarray(9 + size);
        frames.push(frame);
        if (first !== undefined && frame.type === types.settings && (frame.flags & 1) === 0)
          socket.write(toFrame(types.settings, 1, 0));
        onFrame(socket, frame, connection);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `h2c://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    frames,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
