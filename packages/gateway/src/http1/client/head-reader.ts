import { readResponseHead, type ResponseExpectation, type ResponseHead } from './response-head.ts';

/** Reads the heads of responses on one connection, from parts of any size. */
export interface HeadReader {
  /** A request has been sent. */
  expect(asked: ResponseExpectation): void;
  /** The head that starts at that position; undefined when it continues in the next part or is refused. */
  read(part: Buffer, at: number): ResponseHead | undefined;
  /** Position after the head in the part that completed it. */
  readonly position: number;
  /** Whether the same object was returned before. */
  readonly repeats: boolean;
  /** The reason for refusing a head; undefined when none was refused. */
  readonly wrong: string | undefined;
}

interface LastHead {
  readonly text: string;
  readonly method: string;
  readonly head: ResponseHead;
}

/** Maximum length of a head that is cached, in characters. */
const maxKeptText = 4096;
/** Maximum number of interim responses to one request; a server may report progress by 102 (RFC 2518 section 10.1). */
const maxInterim = 100;

/** @param maxBytes maximum size of a head. */
export function createHeadReader(maxBytes: number): HeadReader {
  const texts = createHeadTextReader(maxBytes);
  let asked: ResponseExpectation = { method: '', upgrade: undefined };
  let interim = 0;
  /** The last head and its text: a server usually repeats it. */
  let last: LastHead | undefined;
  let repeats = false;
  let wrong: string | undefined;
  return {
    expect(request) {
      asked = request;
      interim = 0;
    },
    read(part, at) {
      const text = texts.read(part, at);
      if (text === undefined) {
        wrong = texts.wrong;
        return undefined;
      }
      repeats = last?.text === text && last.method === asked.method && asked.upgrade === undefined;
      if (repeats) return last?.head;
      const head = readResponseHead(text, asked);
      if (typeof head === 'string') {
        wrong = head;
        return undefined;
      }
      if (head.status >= 200)
        last = text.length > maxKeptText ? undefined : { text, method: asked.method, head };
      else if (head.status !== 101) {
        interim += 1;
        if (interim > maxInterim) wrong = 'too many interim responses';
      }
      return wrong === undefined ? head : undefined;
    },
    get position() {
      return texts.position;
    },
    get repeats() {
      return repeats;
    },
    get wrong() {
      return wrong;
    },
  };
}

/** The text of the head that is being received. */
interface HeadTextReader {
  /** The head's text up to the CR LF of its last line; undefined when it continues in the next part or is refused. */
  read(part: Buffer, at: number): string | undefined;
  /** Position after the head in the part that completed it. */
  readonly position: number;
  readonly wrong: string | undefined;
}

function createHeadTextReader(maxBytes: number): HeadTextReader {
  /** The beginning of a head that arrives in several parts, with room to grow. */
  let held: Buffer | undefined;
  let size = 0;
  let position = 0;
  let wrong: string | undefined;
  const keep = (part: Buffer, at: number): Buffer => {
    const more = part.length - at;
    if (held === undefined || held.length < size + more) {
      // Twice the required size, so that a head that arrives byte by byte is not copied for each byte.
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
        wrong = 'not HTTP/1.1, or a line without CR LF';
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

/** Whether further bytes could complete a head: an impossible head is refused at once. */
function canBecomeHead(bytes: Buffer, start: number, from: number): boolean {
  const known = Math.min(version.length, bytes.length - start);
  if (version.compare(bytes, start, start + known, 0, known) !== 0) return false;
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1))
    if (at === start || bytes[at - 1] !== 13) return false;
  return true;
}
