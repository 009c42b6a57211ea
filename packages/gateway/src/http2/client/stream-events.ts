import type { ClientHttp2Stream } from 'node:http2';

/** Events of a stream; fields are name and value in turn, as Latin-1. */
export interface StreamEvents {
  onInterim(fields: readonly string[]): void;
  onHead(fields: readonly string[]): void;
  onData(part: Buffer): void;
  onTrailers(fields: readonly string[]): void;
  /** @param isComplete whether the server has ended the stream in order. */
  onEnd(isComplete: boolean): void;
  /** The server takes more of the request's body. */
  onDrained(): void;
  /** Called last. */
  onClose(error: NodeJS.ErrnoException | undefined): void;
}

export function listen(stream: ClientHttp2Stream, listener: StreamEvents): void {
  let error: NodeJS.ErrnoException | undefined;
  let isComplete = false;
  const push = stream.push.bind(stream);
  // RST_STREAM without an error ends the readable side like END_STREAM does, but closes the stream before.
  stream.push = (part, encoding) => {
    if (part === null && !stream.closed) isComplete = true;
    return push(part, encoding);
  };
  // The types of Node.js leave out the fields as they were received.
  stream.on('headers', (_headers, _flags, ...raw: unknown[]) => listener.onInterim(raw[0] as string[]));
  stream.on('response', (_headers, _flags, ...raw: unknown[]) => listener.onHead(raw[0] as string[]));
  stream.on('data', (part: Buffer) => listener.onData(part));
  stream.on('trailers', (_headers, _flags, ...raw: unknown[]) => listener.onTrailers(raw[0] as string[]));
  stream.on('end', () => listener.onEnd(isComplete));
  stream.on('drain', () => listener.onDrained());
  stream.on('error', (reason: NodeJS.ErrnoException) => (error = reason));
  stream.on('close', () => listener.onClose(error));
}
