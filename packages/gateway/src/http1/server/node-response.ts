import type { IncomingMessage, ServerResponse } from 'node:http';
import { readDecimal } from '../message/decimal.ts';
import type { CallerResponse, InterimHead } from '../../proxy/caller-response.ts';
import type { CallerBody } from '../message/caller-body.ts';
import { endConnectionWith, isChunked } from './node-internals.ts';
import { replaceHeaders, valueIn } from '../message/header-list.ts';
import type { WriteStalls } from './write-stalls.ts';

/** A response on a connection that Node.js reads. @param isEnding whether connections close after the responses in flight. */
export function createNodeResponse(
  response: ServerResponse,
  isEnding: () => boolean,
  stalls: WriteStalls,
): CallerResponse {
  let sent: readonly string[] = [];
  return {
    get begun() {
      return response.headersSent;
    },
    get over() {
      return response.destroyed || response.writableEnded;
    },
    get status() {
      return response.statusCode;
    },
    get headers() {
      return sent;
    },
    onClose: (told) => void response.on('close', () => told.responseClosed()),
    last: () => endConnectionWith(response),
    continue: () => response.writeContinue(),
    interim: (head) => passInterim(response, head),
    begin({ status, reason, headers, dated }) {
      if (isEnding()) endConnectionWith(response);
      response.sendDate = dated;
      sent = headers;
      // Node.js does not modify them.
      response.writeHead(
        status,
        reason,
        (takesTrailers(response, status, headers) ? headers : withoutAnnouncement(headers)) as string[],
      );
    },
    write: (part, lent) => response.write(lent ? Buffer.from(part) : part),
    // `flushHeaders` would write the head as UTF-8, which would change the bytes of its values.
    flush: () => void response.write('', 'latin1'),
    onceDrained(told) {
      response.once('drain', told);
      if (response.socket !== null) stalls.watch(response.socket);
    },
    end(part, lent, trailers) {
      if (trailers.length > 0) response.addTrailers(toPairs(trailers));
      discardRest(response.req);
      const { socket } = response;
      if (part === undefined) response.end();
      else if (part.length <= smallBytes) endSmall(response, part);
      else response.end(lent ? Buffer.from(part) : part);
      if (socket !== null && socket.writableLength > 0) stalls.watch(socket);
    },
    cut() {
      const { socket } = response;
      // Without chunks or a length, an orderly close of the connection would mean the end of the body (RFC 9112 section 6.3).
      if (socket !== null && !('encrypted' in socket) && !isChunked(response)) socket.resetAndDestroy();
      else response.destroy();
    },
  };
}

/** The body of a request on a connection that Node.js reads. */
export function createNodeBody(request: IncomingMessage): CallerBody {
  let taken = 0;
  let handlers: { readonly data: (part: Buffer) => void; readonly end: () => void } | undefined;
  return {
    announcedBytes: readDecimal(request.headers['content-length'] ?? '0') ?? 0,
    get takenBytes() {
      return taken;
    },
    whole: () => undefined,
    read(onPart, onEnd) {
      const data = (part: Buffer): void => {
        taken += part.length;
        onPart(part);
      };
      const end = (): void => onEnd(request.rawTrailers);
      handlers = { data, end };
      request.on('data', data).on('end', end);
    },
    pause: () => void request.pause(),
    resume: () => void request.resume(),
    stop() {
      if (handlers !== undefined) request.off('data', handlers.data).off('end', handlers.end);
    },
  };
}

/** Whether trailers may be announced: Node.js refuses to announce them for a body that is not sent in chunks. */
const takesTrailers = ({ req }: ServerResponse, status: number, headers: readonly string[]): boolean =>
  req.httpVersionMinor > 0 &&
  req.method !== 'HEAD' &&
  status !== 204 &&
  status !== 304 &&
  valueIn(headers, 'content-length') === undefined;

const withoutAnnouncement = (headers: readonly string[]): readonly string[] =>
  valueIn(headers, 'trailer') === undefined ? headers : replaceHeaders(headers, announcement, []);

const announcement: ReadonlySet<string> = new Set(['trailer']);

function toPairs(trailers: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < trailers.length; at += 2)
    pairs.push([trailers[at] ?? '', trailers[at + 1] ?? '']);
  return pairs;
}

/** Maximum size of a body that is copied into the text of the head, in bytes. */
const smallBytes = 4096;

/** As text, a small body goes out together with its head in one write. */
function endSmall(response: ServerResponse, part: Buffer): void {
  const text = part.toString('latin1');
  const { socket } = response;
  // The last chunk must follow.
  if (socket === null || isChunked(response)) {
    response.end(text, 'latin1');
    return;
  }
  // `end` with a text would add an empty part, and writing two parts is slower than one. While the connection is corked, `write`
  // schedules no uncork.
  socket.cork();
  response.write(text, 'latin1');
  socket.uncork();
  response.end();
}

/**
 * Forwards a 1xx response (RFC 9110 section 15.2), as far as Node.js can write it: early hints (RFC 8297) and 102. HTTP/1.0 has no
 * interim responses. A `100 Continue` of the server is dropped, because the gateway did not request it.
 */
function passInterim(response: ServerResponse, { status, headers }: InterimHead): void {
  if (response.req.httpVersionMinor === 0 || response.headersSent || response.destroyed) return;
  if (status === 102) response.writeProcessing();
  if (status !== 103) return;
  const link = headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === 'link');
  if (link.length === 0) return;
  try {
    response.writeEarlyHints({ link });
  } catch {
    // Node.js accepts only well-formed links; hints may be dropped, but they must not break the response.
  }
}

/** Maximum number of unwanted bytes of a body that are read, so that the connection can be reused. */
const maxDiscardedBytes = 256 * 1024;

/**
 * Reads the rest of a request that already has its response. Closing at once could lose the response for a caller that is still
 * sending, and unread bytes would block the next request. Beyond 256 KiB the connection is closed.
 */
function discardRest(request: IncomingMessage): void {
  if (!request.complete) {
    let left = maxDiscardedBytes;
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) request.socket.destroy();
    });
    // Marks the body as consumed: Node.js would otherwise read it to its end, however long it is.
    request.read(0);
  }
  request.resume();
}
