/** Limits of one reply of a Redis server, far above what any command here is answered with. */
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

/** Says what is wrong with the bytes that follow those it was shown before; undefined: nothing. */
export type CheckReplies = (chunk: Uint8Array) => string | undefined;

const cr = 0x0d;
const lf = 0x0a;
const printable = /^[^\0-\x1f\x7f]*$/;
const length = /^(?:-1|\d{1,10})$/;
const integer = /^-?\d{1,19}$/;
const redirection = /^(?:MOVED|ASK) \d{1,5} [^\s:][^\s]*:\d{1,5}$/;

/**
 * Checks the replies on one connection (RESP 2) before the parser of `ioredis` sees them. That parser believes every length that it
 * reads: it recurses as deep as arrays go, allocates as many elements as they claim, and collects bulk strings and lines without end;
 * `ioredis` then takes the target of a redirection for well-formed. Each of these lets a hostile server crash the process.
 */
export function createCheckReplies(limits: ReplyLimits = replyLimits): CheckReplies {
  /** Elements that are still to come, of each array that is open. */
  const open: number[] = [];
  let elements = 0;
  let replyBytes = 0;
  /** Bytes of a bulk string, its line end included, that are still to come. */
  let bulkLeft = 0;
  let line: Buffer[] = [];
  let lineBytes = 0;

  /** Something is complete: so may be the arrays that it ends. */
  const complete = (): void => {
    while (open.length > 0) {
      const last = open.length - 1;
      open[last] = (open[last] ?? 0) - 1;
      if ((open[last] ?? 0) > 0) return;
      open.pop();
    }
    elements = 0;
    replyBytes = 0;
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
  const readLine = (text: string): string | undefined => {
    const rest = text.slice(1);
    switch (text[0]) {
      case '$':
        return readBulk(rest);
      case '*':
        return readArray(rest);
      case ':':
        if (!integer.test(rest)) return 'a malformed integer';
        break;
      case '-':
        if (/^(?:MOVED|ASK)\b/.test(rest) && !redirection.test(rest)) return 'a malformed redirection';
        if (!printable.test(rest)) return 'control characters';
        break;
      case '+':
        if (!printable.test(rest)) return 'control characters';
        break;
      default:
        return 'an unknown type';
    }
    complete();
    return undefined;
  };

  return (chunk) => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (bulkLeft > 0) {
        const skipped = Math.min(bulkLeft, bytes.length - at);
        at += skipped;
        bulkLeft -= skipped;
        replyBytes += skipped;
        if (replyBytes > limits.replyBytes) return 'a reply that is too long';
        if (bulkLeft === 0) complete();
        continue;
      }
      const end = bytes.indexOf(lf, at);
      const part = bytes.subarray(at, end < 0 ? bytes.length : end + 1);
      at += part.length;
      lineBytes += part.length;
      replyBytes += part.length;
      if (lineBytes > limits.lineBytes) return 'a line that is too long';
      if (replyBytes > limits.replyBytes) return 'a reply that is too long';
      line.push(part);
      if (end < 0) break;
      const whole = line.length === 1 ? part : Buffer.concat(line);
      // The parser ends a line at the first CR, whatever follows it.
      if (whole.indexOf(cr) !== whole.length - 2) return 'a malformed line end';
      line = [];
      lineBytes = 0;
      const fault = readLine(whole.toString('latin1', 0, whole.length - 2));
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}
