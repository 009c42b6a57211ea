/** Limits of one reply of a Redis server, far above the replies to the commands used here. */
export interface ReplyLimits {
  /** Arrays in arrays; `CLUSTER SLOTS` has 4 levels. */
  readonly depth: number;
  /** Elements of one reply, at all levels together; `CLUSTER SLOTS` of a thousand nodes has about 10,000. */
  readonly elements: number;
  /** Bytes of one bulk string. A token response has 1 MiB at most. */
  readonly bulkBytes: number;
  /** Bytes of one reply. */
  readonly replyBytes: number;
  /** Bytes of one line: a length, an integer, a status or an error. */
  readonly lineBytes: number;
}

export const replyLimits: ReplyLimits = Object.freeze({
  depth: 8,
  elements: 65_536,
  bulkBytes: 4 * 1024 * 1024,
  replyBytes: 8 * 1024 * 1024,
  lineBytes: 8 * 1024,
});

/** Returns the fault of the bytes that follow those of earlier calls; undefined when there is none. */
export type CheckReplies = (chunk: Uint8Array) => string | undefined;

const cr = 0x0d;
const lf = 0x0a;
const printable = /^[^\0-\x1f\x7f]*$/;
const length = /^(?:-1|\d{1,10})$/;
const integer = /^-?\d{1,19}$/;
const redirection = /^(?:MOVED|ASK) \d{1,5} [^\s:][^\s]*:\d{1,5}$/;

/**
 * Checks the replies on one connection (RESP 2) before the parser of `ioredis` sees them. That parser trusts every length: it
 * recurses as deep as arrays go, allocates as many elements as they claim, and collects bulk strings and lines without limit;
 * `ioredis` also trusts the target of a redirection. Each of these would let a hostile server crash the process.
 */
export function createCheckReplies(limits: ReplyLimits = replyLimits): CheckReplies {
  const reply = createReplyShape(limits);
  let replyBytes = 0;
  let line: Buffer[] = [];
  let lineBytes = 0;

  const readLine = (bytes: Buffer): string | undefined => {
    // The parser ends a line at the first CR, whatever follows it.
    if (bytes.indexOf(cr) !== bytes.length - 2) return 'a malformed line end';
    line = [];
    lineBytes = 0;
    return reply.read(bytes.toString('latin1', 0, bytes.length - 2));
  };
  return (chunk) => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (reply.bulkLeft > 0) {
        const skipped = Math.min(reply.bulkLeft, bytes.length - at);
        at += skipped;
        replyBytes += skipped;
        if (replyBytes > limits.replyBytes) return 'a reply that is too long';
        reply.skip(skipped);
      } else {
        const end = bytes.indexOf(lf, at);
        const part = bytes.subarray(at, end < 0 ? bytes.length : end + 1);
        at += part.length;
        lineBytes += part.length;
        replyBytes += part.length;
        if (lineBytes > limits.lineBytes) return 'a line that is too long';
        if (replyBytes > limits.replyBytes) return 'a reply that is too long';
        line.push(part);
        if (end < 0) break;
        const fault = readLine(line.length === 1 ? part : Buffer.concat(line));
        if (fault !== undefined) return fault;
      }
      if (reply.isComplete) replyBytes = 0;
    }
    return undefined;
  };
}

/** Remaining part of a reply: bytes of a bulk string, elements of arrays. */
interface ReplyShape {
  /** Reads a line without its line end; returns its fault. */
  read(line: string): string | undefined;
  /** Reads at most `bulkLeft` bytes of a bulk string. */
  skip(bytes: number): void;
  /** Remaining bytes of a bulk string, including its line end. */
  readonly bulkLeft: number;
  /** The current reply is complete. */
  readonly isComplete: boolean;
}

function createReplyShape(limits: ReplyLimits): ReplyShape {
  /** Remaining elements of each open array. */
  const open: number[] = [];
  let elements = 0;
  let bulkLeft = 0;

  /** A value is complete, and so are the arrays that end with it. */
  const complete = (): void => {
    while (open.length > 0) {
      const last = open.length - 1;
      open[last] = (open[last] ?? 0) - 1;
      if ((open[last] ?? 0) > 0) return;
      open.pop();
    }
    elements = 0;
  };
  const readBulk = (text: string): string | undefined => {
    if (!length.test(text)) return 'a malformed length';
    const bytes = Number(text);
    if (bytes > limits.bulkBytes) return 'a bulk string that is too long';
    if (bytes < 0) complete();
    else bulkLeft = bytes + 2;
    return undefined;
  };
  const readArray = (text: string): string | undefined => {
    if (!length.test(text)) return 'a malformed length';
    const count = Number(text);
    elements += Math.max(0, count);
    if (elements > limits.elements) return 'an array that is too long';
    if (count <= 0) {
      complete();
      return undefined;
    }
    open.push(count);
    return open.length > limits.depth ? 'arrays that are nested too deep' : undefined;
  };
  return {
    read(line) {
      const rest = line.slice(1);
      if (line.startsWith('$')) return readBulk(rest);
      if (line.startsWith('*')) return readArray(rest);
      const fault = checkSimple(line.charAt(0), rest);
      if (fault === undefined) complete();
      return fault;
    },
    skip(bytes) {
      bulkLeft -= bytes;
      if (bulkLeft === 0) complete();
    },
    get bulkLeft() {
      return bulkLeft;
    },
    get isComplete() {
      return bulkLeft === 0 && open.length === 0;
    },
  };
}

/** Fault of a one-line reply: an integer, an error or a status. */
function checkSimple(type: string, text: string): string | undefined {
  switch (type) {
    case ':':
      return integer.test(text) ? undefined : 'a malformed integer';
    case '-':
      if (/^(?:MOVED|ASK)\b/.test(text) && !redirection.test(text)) return 'a malformed redirection';
      return printable.test(text) ? undefined : 'control characters';
    case '+':
      return printable.test(text) ? undefined : 'control characters';
    default:
      return 'an unknown type';
  }
}
