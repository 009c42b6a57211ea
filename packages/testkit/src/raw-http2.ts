import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  createFrameReader,
  frameFlags,
  frameTypes,
  literals,
  preface,
  settingsFrame,
  toFrame,
  type Http2Frame,
} from './http2-frames.ts';
import { inTime } from './until.ts';

/** An HTTP/2 connection that sends frames unchanged. */
export interface RawHttp2 {
  readonly socket: Socket;
  readonly frames: readonly Http2Frame[];
  send(...parts: readonly Buffer[]): void;
  /** Resolves with the first matching frame; rejects when the connection ends first, or after a time limit. */
  until(matches: (frame: Http2Frame) => boolean): Promise<Http2Frame>;
  /** Likewise, but undefined when the connection ends first. */
  untilEnd(matches: (frame: Http2Frame) => boolean): Promise<Http2Frame | undefined>;
  /** Bytes received; more than those of the frames when the connection ended within one. */
  receivedBytes(): number;
  /** Resolves when the other side has closed the connection. */
  closed(): Promise<readonly Http2Frame[]>;
  /**
   * Sends this repeatedly until the other side has closed the connection, up to a maximum number of times. Resolves with that
   * number.
   */
  flood(part: Buffer, most: number): Promise<number>;
}

/** The fields of a request. @param overrides `undefined` omits a pseudo-header field. */
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
  toFrame(
    frameTypes.headers,
    frameFlags.endHeaders | (endStream ? frameFlags.endStream : 0),
    stream,
    literals(fields),
  );

const prefaceAndSettings = Buffer.concat([preface, settingsFrame()]);

/** Connects, and sends the preface and SETTINGS unless the first bytes are given. */
export async function openRawHttp2(port: number, first: Buffer = prefaceAndSettings): Promise<RawHttp2> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  return watchFrames(socket, first);
}

/** Likewise with TLS and ALPN. @param ca PEM of the certificate authority. */
export async function openRawHttp2Tls(
  port: number,
  ca: string,
  first: Buffer = prefaceAndSettings,
): Promise<RawHttp2> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  return watchFrames(socket, first);
}

function watchFrames(socket: Socket, first: Buffer): RawHttp2 {
  const frames: Http2Frame[] = [];
  const read = createFrameReader((next) => frames.push(next));
  let receivedBytes = 0;
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
    receivedBytes += chunk.length;
    read(chunk);
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
    async untilEnd(matches) {
      const found = await when(
        () => frames.find(matches) ?? (ended ? 'end' : undefined),
        'a frame or the end',
      );
      return found === 'end' ? undefined : found;
    },
    receivedBytes: () => receivedBytes,
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
