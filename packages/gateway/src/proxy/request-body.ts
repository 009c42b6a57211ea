import type { BodySink, RequestBody } from '../http1/client/request.ts';
import type { StepChanges } from '../middlewares/step-changes.ts';
import type { IncomingRequest } from './incoming-request.ts';
import type { UpstreamHead } from './request-headers.ts';
import { toServerTrailers } from './trailers.ts';
import { noTrailers } from '../http1/message/response-writer.ts';
import type { CallerBody } from '../http1/message/caller-body.ts';

interface RequestBodyOptions {
  /** Bytes as announced; undefined: in chunks. */
  readonly length: number | undefined;
  /** Bytes; 0: no limit. */
  readonly maxBytes: number;
  /** Maximum size of the copy for a repeated request, in bytes; 0: none. */
  readonly maxCopyBytes: number;
  /** Drops trailers that a server must not see. */
  toServerTrailers(trailers: readonly string[]): readonly string[];
  /** Called once, when a server is ready for the body. */
  onWanted(): void;
  /** Called once, when the body exceeds the limit. */
  onTooLarge(): void;
}

/** A caller's body that is streamed to a server. */
export interface StreamingBody extends RequestBody {
  /** The complete body, once it has been read and if it is short enough and has no trailers. */
  copy(): Buffer | undefined;
  /** Whether a server has accepted the body. */
  readonly started: boolean;
}

/** Maximum size of a body that is kept so that a request that a server may have seen can be repeated, in bytes. */
const maxReplayBytes = 64 * 1024;

/** Parts of a request that determine the body sent to a server. */
export interface BodySource {
  readonly incoming: IncomingRequest;
  readonly head: Pick<UpstreamHead, 'bodyLength'>;
  readonly changes: StepChanges;
  /** Set when the request may be sent again. */
  readonly renewHead: unknown;
  readonly retry: unknown;
}

/** @param onTooLarge called once, when the body exceeds the limit. */
export function toRequestBody(job: BodySource, onTooLarge: () => void): StreamingBody | Buffer {
  // The announced length has already been checked against the limit.
  const { body, response, expectsContinue, maxBodyBytes } = job.incoming;
  const whole = body.whole();
  if (whole !== undefined) return whole;
  const { bodyLength } = job.head;
  const isCopied = (job.renewHead ?? job.retry) !== undefined && (bodyLength ?? 0) <= maxReplayBytes;
  return createRequestBody(body, {
    length: bodyLength,
    maxBytes: maxBodyBytes,
    maxCopyBytes: isCopied ? maxReplayBytes : 0,
    onWanted() {
      if (expectsContinue) response.continue();
    },
    toServerTrailers: (trailers) => toServerTrailers(trailers, job.changes),
    onTooLarge,
  });
}

/** The caller's body on its way to a server, at the pace of the server; stopping it leaves the caller's connection open. */
function createRequestBody(body: CallerBody, options: RequestBodyOptions): StreamingBody {
  const { maxBytes, maxCopyBytes } = options;
  const copied: Buffer[] = [];
  let isCopied = false;
  let seen = 0;
  let sink: BodySink | undefined;
  const onPart = (part: Buffer): void => {
    seen += part.length;
    // The bytes of a part belong to the connection, which overwrites them with the next read.
    if (seen <= maxCopyBytes) copied.push(Buffer.from(part));
    if (maxBytes > 0 && seen > maxBytes) options.onTooLarge();
    else if (sink?.write(part) === false) body.pause();
  };
  const onEnd = (received: readonly string[]): void => {
    const trailers = received.length === 0 ? noTrailers : options.toServerTrailers(received);
    isCopied = seen <= maxCopyBytes && trailers.length === 0;
    sink?.end(trailers);
  };
  return {
    copy: () => (isCopied ? Buffer.concat(copied) : undefined),
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
    // A body that no server has accepted can still be sent to another.
    stop() {
      if (sink !== undefined) body.stop();
    },
  };
}

/** A body that can be sent again: the part that no server has read is still complete. */
export const toReplay = (body: StreamingBody): StreamingBody | Buffer | undefined =>
  body.started ? body.copy() : body;
