import { createServer, type AddressInfo, type Socket } from 'node:net';
import {
  createFrameReader,
  frameFlags,
  frameTypes,
  literals,
  preface,
  settingsFrame,
  toFrame,
  type Http2Frame,
} from '../../../../testkit/src/http2-frames.ts';

const toUint32s = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
};

export const goaway = (lastStream: number, code: number): Buffer =>
  toFrame(frameTypes.goaway, 0, 0, toUint32s(lastStream, code));
export const rst = (stream: number, code: number): Buffer =>
  toFrame(frameTypes.reset, 0, stream, toUint32s(code));
export const data = (stream: number, text: string, flags = 0): Buffer =>
  toFrame(frameTypes.data, flags, stream, Buffer.from(text, 'latin1'));

/** Fields as literals. */
export const block = (fields: Readonly<Record<string, string>>): Buffer => literals(Object.entries(fields));

export const headers = (stream: number, fields: Readonly<Record<string, string>>, flags = 0): Buffer =>
  toFrame(frameTypes.headers, frameFlags.endHeaders | flags, stream, block(fields));

export interface FrameServer {
  readonly origin: string;
  readonly sockets: readonly Socket[];
  /** Frames that have arrived, of all connections. */
  readonly frames: readonly Http2Frame[];
  close(): Promise<void>;
}

/** A server that reads frames and sends whatever the test says. @param greet sent at once. */
export async function startFrameServer(
  onFrame: (socket: Socket, frame: Http2Frame, connection: number) => void,
  greet: (connection: number) => Buffer | string | undefined = () => settingsFrame(),
): Promise<FrameServer> {
  const sockets: Socket[] = [];
  const frames: Http2Frame[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    let greeting: Buffer = Buffer.alloc(0);
    let isGreeted = false;
    const read = createFrameReader((frame) => {
      frames.push(frame);
      if (first !== undefined && frame.type === frameTypes.settings && (frame.flags & frameFlags.ack) === 0)
        socket.write(toFrame(frameTypes.settings, frameFlags.ack, 0));
      onFrame(socket, frame, connection);
    });
    socket.on('error', () => {});
    const first = greet(connection);
    if (first !== undefined) socket.write(first);
    socket.on('data', (part) => {
      if (isGreeted) {
        read(part);
        return;
      }
      greeting = Buffer.concat([greeting, part]);
      if (greeting.length < preface.length) return;
      isGreeted = true;
      read(greeting.subarray(preface.length));
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
