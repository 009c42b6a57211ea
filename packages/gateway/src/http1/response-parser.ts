import { createChunkedBody } from './chunked-body.ts';
import { readResponseHead, type Asked, type ResponseHead } from './response-head.ts';

/** What a parser tells of, in the order of the bytes. */
export interface ResponseEvents {
  /** A 1xx response other than 101. */
  onInterim(head: ResponseHead): void;
  /** @param repeats whether this very object has been given before. */
  onHead(head: ResponseHead, repeats: boolean): void;
  /** A view on the part that is being read. */
  onData(data: Buffer): void;
  /** Bytes follow a complete response, on a connection that would have been used again. */
  onUnsolicited(): void;
  /** @param reusable whether another request may be sent: not when unsolicited bytes have come. */
  onEnd(trailers: readonly string[], reusable: boolean): void;
  /** 101: from here on, the bytes are another protocol's; `rest` are the first of them. */
  onUpgrade(head: ResponseHead, rest: Buffer): void;
}

/** Reads the answers on one connection, one request at a time, from parts cut anywhere. */
export interface ResponseParser {
  /** A request has been sent. */
  expect(asked: Asked): void;
  /** @returns why the bytes are refused; undefined when they are not. */
  feed(part: Buffer): string | undefined;
  /** The server will send no more. @returns why that is too early; undefined when it is not. */
  finish(): string | undefined;
  /** Nobody wants the rest; no event comes any more. */
  stop(): void;
}

interface LastHead {
  readonly text: string;
  readonly method: string;
  readonly head: ResponseHead;
}

/** Characters of a head up to which it is kept. */
const maxKeptText = 4096;
/** Interim answers to one request; a server may report progress by 102 (RFC 2518 section 10.1). */
const maxInterim = 100;

/** @param maxHeadBytes bytes of a head, and of a trailer section. */
export function createResponseParser(maxHeadBytes: number, events: ResponseEvents): ResponseParser {
  let state: 'idle' | 'head' | 'length' | 'chunked' | 'close' | 'stopped' = 'idle';
  let asked: Asked = { method: '', upgrade: undefined };
  let keepAlive = false;
  let interim = 0;
  let left = 0;
  /** The last head and what it was read from: a server mostly says the same again. */
  let last: LastHead | undefined;
  const head = createHeldHead(maxHeadBytes);
  const chunked = createChunkedBody(maxHeadBytes, (data) => {
    events.onData(data);
    return state === 'chunked';
  });

  const complete = (trailers: readonly string[], extra: boolean): void => {
    state = 'idle';
    if (keepAlive && extra) events.onUnsolicited();
    events.onEnd(trailers, keepAlive && !extra);
  };
  /** Takes up a head; gives the position after what was read. */
  const begin = (text: string, part: Buffer, at: number): string | undefined => {
    const before = last;
    const repeats = before?.text === text && before.method === asked.method && asked.upgrade === undefined;
    const found = repeats ? before.head : readResponseHead(text, asked);
    if (typeof found === 'string') return found;
    if (found.status === 101) {
      state = 'stopped';
      events.onUpgrade(found, part.subarray(at));
      return undefined;
    }
    if (found.status < 200) {
      interim += 1;
      if (interim > maxInterim) return 'too many interim answers';
      events.onInterim(found);
      return undefined;
    }
    ({ keepAlive, length: left } = found);
    state = found.framing === 'none' || (found.framing === 'length' && left === 0) ? 'idle' : found.framing;
    if (state === 'chunked') chunked.begin();
    const over = state === 'idle';
    if (!repeats) last = text.length > maxKeptText ? undefined : { text, method: asked.method, head: found };
    events.onHead(found, repeats);
    if (over) complete(noTrailers, at < part.length);
    return undefined;
  };
  return {
    expect(request) {
      asked = request;
      interim = 0;
      state = 'head';
    },
    feed(part) {
      let at = 0;
      if (state === 'idle') {
        events.onUnsolicited();
        return 'bytes that answer no request';
      }
      while (at < part.length) {
        if (state === 'head') {
          const text = head.read(part, at);
          if (text === undefined) return head.wrong;
          at = head.position;
          const wrong = begin(text, part, at);
          if (wrong !== undefined) return wrong;
        } else if (state === 'chunked') {
          at = chunked.read(part, at);
          if (chunked.wrong !== undefined) return chunked.wrong;
          if (chunked.complete) complete(chunked.trailers, at < part.length);
        } else if (state === 'length') {
          const end = Math.min(part.length, at + left);
          left -= end - at;
          const data = part.subarray(at, end);
          at = end;
          const last = left === 0;
          events.onData(data);
          if (last) complete(noTrailers, at < part.length);
        } else if (state === 'close') {
          events.onData(part.subarray(at));
          return undefined;
        } else return undefined;
      }
      return undefined;
    },
    finish() {
      if (state === 'close') complete(noTrailers, true);
      else if (state !== 'idle' && state !== 'stopped')
        return 'the end of the connection before the end of the answer';
      return undefined;
    },
    stop() {
      state = 'stopped';
    },
  };
}

const noTrailers: readonly string[] = [];

/** The head that is being received. */
interface HeldHead {
  /** The head's text up to the CR LF of its last line; undefined when it goes on in the next part or is refused. */
  read(part: Buffer, at: number): string | undefined;
  /** Position after the head in the part that completed it. */
  readonly position: number;
  readonly wrong: string | undefined;
}

function createHeldHead(maxBytes: number): HeldHead {
  /** Of a head that came in several parts: its beginning, with room to grow. */
  let held: Buffer | undefined;
  let size = 0;
  let position = 0;
  let wrong: string | undefined;
  const keep = (part: Buffer, at: number): Buffer => {
    const more = part.length - at;
    if (held === undefined || held.length < size + more) {
      // Twice as much as is needed, so that a head that comes byte by byte is not copied for each of them.
      const wider = Buffer.allocUnsafe(Math.max(1024, 2 * (size + more)));
      held?.copy(wider, 0, 0, size);
      held = wider;
    }
    part.copy(held, size, at);
    size += more;
    return held.subarray(0, size);
  };
  return {
    read(part, at) {
      const before = size;
      const bytes = before === 0 ? part : keep(part, at);
      const start = before === 0 ? at : 0;
      const end = bytes.indexOf(blankLine, Math.max(start, before - 3));
      if (end >= 0 && end + 4 - start <= maxBytes) {
        position = before === 0 ? end + 4 : at + end + 4 - before;
        size = 0;
        held = undefined;
        return bytes.toString('latin1', start, end + 2);
      }
      if (bytes.length - start > maxBytes || end >= 0) wrong = 'a head that is too large';
      else if (!canBecomeHead(bytes, start, Math.max(start, before - 1)))
        wrong = 'no HTTP/1.1, or a line that ends without CR LF';
      else if (before === 0) keep(part, at);
      return undefined;
    },
    get position() {
      return position;
    },
    get wrong() {
      return wrong;
    },
  };
}

const blankLine = Buffer.from('\r\n\r\n', 'latin1');
const version = Buffer.from('HTTP/1.', 'latin1');

/** Whether more bytes could make a head of these: no waiting for the end of what can be none. */
function canBecomeHead(bytes: Buffer, start: number, from: number): boolean {
  const known = Math.min(version.length, bytes.length - start);
  if (version.compare(bytes, start, start + known, 0, known) !== 0) return false;
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1))
    if (at === start || bytes[at - 1] !== 13) return false;
  return true;
}
