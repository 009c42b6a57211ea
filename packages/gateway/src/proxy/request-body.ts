import type { BodySink, RequestBody } from '../http1/client/request.ts';
import type { CallerBody } from '../http1/message/caller-body.ts';

export interface RequestBodyOptions {
  /** Bytes as announced; undefined: in chunks. */
  readonly length: number | undefined;
  /** Bytes; 0: no limit. */
  readonly maxBytes: number;
  /** Bytes up to which a copy is kept, so that the body can be sent once more; 0: none. */
  readonly maxCopyBytes: number;
  /** Told once, when a server is there to take the body. */
  onWanted(): void;
  /** Told once, when the body turns out to be larger than the limit. */
  onTooLarge(): void;
}

/** A caller's body as it streams to a server. */
export interface StreamingBody extends RequestBody {
  /** All of it, once it has been read and when it is short enough. */
  copy(): Buffer | undefined;
  /** Whether a server has been there to take it. */
  readonly started: boolean;
}

/** The caller's body on its way to a server, at the pace of the server; one that is stopped leaves the caller's connection alone. */
export function createRequestBody(body: CallerBody, options: RequestBodyOptions): StreamingBody {
  const { maxBytes, maxCopyBytes } = options;
  const copied: Buffer[] = [];
  let complete = false;
  let seen = 0;
  let sink: BodySink | undefined;
  const onPart = (part: Buffer): void => {
    seen += part.length;
    // The bytes of a part are the connection's; it reads the next ones into the same place.
    if (seen <= maxCopyBytes) copied.push(Buffer.from(part));
    if (maxBytes > 0 && seen > maxBytes) options.onTooLarge();
    else if (sink?.write(part) === false) body.pause();
  };
  const onEnd = (): void => {
    complete = true;
    sink?.end();
  };
  return {
    copy: () => (complete && seen <= maxCopyBytes ? Buffer.concat(copied) : undefined),
    length: options.length,
    start(to) {
      sink = to;
      options.onWanted();
      body.read(onPart, onEnd);
    },
    get started() {
      return sink !== undefined;
    },
    resume: () => body.resume(),
    // One that no server was there for can still be sent to another.
    stop() {
      if (sink !== undefined) body.stop();
    },
  };
}

/** A body as it can be sent once more: what no server has taken of it is all there. */
export const toReplay = (body: StreamingBody): StreamingBody | Buffer | undefined =>
  body.started ? body.copy() : body;
