import type { BodySink, RequestBody } from '../http1/request.ts';
import type { CallerBody } from './caller-body.ts';

export interface RequestBodyOptions {
  /** Bytes as announced; undefined: in chunks. */
  readonly length: number | undefined;
  /** Bytes; 0: no limit. */
  readonly maxBytes: number;
  /** Told once, when a server is there to take the body. */
  onWanted(): void;
  /** Told once, when the body turns out to be larger than the limit. */
  onTooLarge(): void;
}

/** The caller's body on its way to a server, at the pace of the server; one that is stopped leaves the caller's connection alone. */
export function createRequestBody(body: CallerBody, options: RequestBodyOptions): RequestBody {
  const { maxBytes } = options;
  let seen = 0;
  let sink: BodySink | undefined;
  const onPart = (part: Buffer): void => {
    seen += part.length;
    if (maxBytes > 0 && seen > maxBytes) options.onTooLarge();
    else if (sink?.write(part) === false) body.pause();
  };
  const onEnd = (): void => sink?.end();
  return {
    length: options.length,
    start(to) {
      sink = to;
      options.onWanted();
      body.read(onPart, onEnd);
    },
    resume: () => body.resume(),
    stop: () => body.stop(),
  };
}
