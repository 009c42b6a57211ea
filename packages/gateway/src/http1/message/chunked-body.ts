import { maxHeaderLines, readHeaderLines } from './header-lines.ts';

/** Reads chunked bodies one after the other (RFC 9112 section 7.1), from parts of any size. */
export interface ChunkedBody {
  /** A new body begins. */
  begin(): void;
  /** Continues at `at`; returns the position after the bytes read: the end of the body, or of the part. */
  read(part: Buffer, at: number): number;
  /** Whether the end of the body has been read. */
  readonly complete: boolean;
  /** The reason for refusing it; undefined when it is valid. */
  readonly wrong: string | undefined;
  /** Name in lower case and value in turn; filled when the body is complete. */
  readonly trailers: readonly string[];
}

/**
 * @param maxTrailerBytes maximum size of the trailer section.
 * @param onData called with each part, a view of the read buffer; returns false to stop reading.
 */
export function createChunkedBody(maxTrailerBytes: number, onData: (part: Buffer) => boolean): ChunkedBody {
  let state: 'size' | 'data' | 'cr' | 'lf' | 'trailers' | 'complete' = 'complete';
  let left = 0;
  const lines = createLineReader();
  let trailers: string[] = [];
  let trailerBytes = 0;
  let wrong: string | undefined;
  let position = 0;

  /** The line from `position` on, with its end; undefined when it continues in the next part or is too long. */
  const takeLine = (part: Buffer, limit: number): string | undefined => {
    const line = lines.take(part, position, limit);
    position = lines.position;
    if (lines.isTooLong) wrong = 'a chunk size or a trailer section that is too long';
    return line;
  };
  const readSize = (part: Buffer): void => {
    const line = takeLine(part, maxSizeLine);
    if (line === undefined) {
      // An impossible line is refused at once.
      if (!sizeLineStart.test(lines.begun)) wrong ??= 'a malformed chunk size';
      return;
    }
    const size = sizeLine.exec(line)?.[1];
    left = size === undefined ? NaN : parseInt(size, 16);
    if (left === 0) state = 'trailers';
    else if (left <= Number.MAX_SAFE_INTEGER) state = 'data';
    else wrong = 'a malformed chunk size';
  };
  const readData = (part: Buffer): boolean => {
    const end = Math.min(part.length, position + left);
    left -= end - position;
    const data = position === 0 && end === part.length ? part : part.subarray(position, end);
    position = end;
    if (left === 0) state = 'cr';
    return onData(data);
  };
  const readBreak = (part: Buffer): void => {
    if (part[position] !== (state === 'cr' ? cr : lf))
      wrong = 'a chunk that is longer or shorter than announced';
    position += 1;
    state = state === 'cr' ? 'lf' : 'size';
  };
  const readTrailer = (part: Buffer): void => {
    const line = takeLine(part, maxTrailerBytes - trailerBytes);
    if (line === undefined) return;
    trailerBytes += line.length;
    if (line === '\r\n') state = 'complete';
    else if (trailers.length >= 2 * maxHeaderLines) wrong = 'too many trailer lines';
    else wrong = readHeaderLines(line, 0, trailers, true) ?? refuseFraming(trailers.at(-2));
  };
  return {
    begin() {
      state = 'size';
      lines.begin();
      trailers = [];
      trailerBytes = 0;
      wrong = undefined;
    },
    read(part, at) {
      position = at;
      while (position < part.length && state !== 'complete' && wrong === undefined) {
        if (state === 'size') readSize(part);
        else if (state === 'trailers') readTrailer(part);
        else if (state !== 'data') readBreak(part);
        else if (!readData(part)) break;
      }
      return position;
    },
    get complete() {
      return state === 'complete' && wrong === undefined;
    },
    get wrong() {
      return wrong;
    },
    get trailers() {
      return trailers;
    },
  };
}

/** Assembles lines from parts of any size. */
interface LineReader {
  begin(): void;
  /**
   * The line that continues at that position, with its end; undefined when it continues in the next part or exceeds `limit`.
   */
  take(part: Buffer, at: number, limit: number): string | undefined;
  /** Position after the consumed bytes. */
  readonly position: number;
  /** The beginning of an incomplete line. */
  readonly begun: string;
  readonly isTooLong: boolean;
}

function createLineReader(): LineReader {
  let position = 0;
  let begun = '';
  let isTooLong = false;
  return {
    begin() {
      begun = '';
      isTooLong = false;
    },
    take(part, at, limit) {
      position = at;
      const end = part.indexOf(lf, at);
      const stop = end < 0 ? part.length : end + 1;
      isTooLong = begun.length + stop - at > limit;
      if (isTooLong) return undefined;
      const line = begun + part.toString('latin1', at, stop);
      position = stop;
      begun = end < 0 ? line : '';
      return end < 0 ? undefined : line;
    },
    get position() {
      return position;
    },
    get begun() {
      return begun;
    },
    get isTooLong() {
      return isTooLong;
    },
  };
}

/** A reader that merges trailers into the headers would use them to frame the message (RFC 9110 section 6.5.1). */
const refuseFraming = (name: string | undefined): string | undefined =>
  name === 'content-length' || name === 'transfer-encoding' ? 'a trailer that frames a body' : undefined;

const cr = 13;
const lf = 10;
/** Maximum length of a chunk's size with its extensions, in characters. */
const maxSizeLine = 1024;
const sizeLineStart = /^[\da-f]{1,16}(?:[;\r]|$)/i;
/** Extensions (RFC 9112 section 7.1.1) have no meaning here, but must be well-formed; white space around them is refused. */
const sizeLine =
  /^([\da-f]{1,16})(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*\r\n$/i;
