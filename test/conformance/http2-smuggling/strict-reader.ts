export type HeaderPair = readonly [name: string, value: string];

/** An HTTP/1.1 request. */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly HeaderPair[];
  readonly body: string;
  readonly trailers: readonly HeaderPair[];
}

/** Requests of a connection. */
export interface StrictReading {
  readonly requests: readonly StrictRequest[];
  /** Bytes after the last complete request. */
  readonly rest: string;
  /** Reason why the rest is not the beginning of a request. */
  readonly fault?: string;
}

/** The rest of the bytes is the beginning of a request, or no request. */
type ReadingEnd = 'incomplete' | { readonly fault: string };

/** Reads requests as RFC 9112 defines them, without any tolerance. @param bytes as Latin-1. */
export function readStrictly(bytes: string): StrictReading {
  const requests: StrictRequest[] = [];
  let rest = bytes;
  while (rest !== '') {
    const next = readRequest(rest);
    if (next === 'incomplete') return { requests, rest };
    if ('fault' in next) return { requests, rest, fault: next.fault };
    requests.push(next.request);
    rest = rest.slice(next.length);
  }
  return { requests, rest };
}

interface StrictPart {
  readonly request: StrictRequest;
  readonly length: number;
}

const requestLine = /^([\w!#$%&'*+.^`|~-]+) ([\x21\x22\x24-\x7e\x80-\xff]+) HTTP\/1\.1$/;

function readRequest(text: string): StrictPart | ReadingEnd {
  const fault = strayByte(text);
  const head = readLines(text);
  if (head === 'incomplete') return fault === undefined ? head : { fault };
  const [first = '', ...lines] = head.lines;
  const [, method, target] = requestLine.exec(first) ?? [];
  if (method === undefined || target === undefined) return { fault: `request line ${JSON.stringify(first)}` };
  const headers = readFields(lines);
  if ('fault' in headers) return headers;
  const of = (name: string): string[] =>
    headers.fields.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  if (of('host').length !== 1) return { fault: `${of('host').length} hosts` };
  const [length, ...lengths] = of('content-length');
  const [coding, ...codings] = of('transfer-encoding');
  if (lengths.length + codings.length > 0 || (length !== undefined && coding !== undefined))
    return { fault: 'more than one framing' };
  const start = head.length;
  if (coding !== undefined) {
    if (coding !== 'chunked') return { fault: `transfer coding ${coding}` };
    const body = readChunks(text.slice(start));
    if (body === 'incomplete' || 'fault' in body) return body;
    return {
      request: { method, target, headers: headers.fields, body: body.body, trailers: body.trailers },
      length: start + body.length,
    };
  }
  if (length !== undefined && !/^\d+$/.test(length)) return { fault: `length ${length}` };
  const end = start + Number(length ?? 0);
  if (text.length < end) return 'incomplete';
  return {
    request: { method, target, headers: headers.fields, body: text.slice(start, end), trailers: [] },
    length: end,
  };
}

/** Before the end of the head, each line end is CR LF, and there is no other control character. */
function strayByte(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text.replace(/\r$/, '') : text.slice(0, end);
  const found = /[^\t\x20-\x7e\x80-\xff]/.exec(head.replaceAll('\r\n', ''));
  return found === null ? undefined : `byte ${JSON.stringify(found[0])}`;
}

interface StrictLines {
  readonly lines: readonly string[];
  /** Includes the empty line. */
  readonly length: number;
}

/** StrictLines up to an empty one. */
function readLines(text: string): StrictLines | 'incomplete' {
  const lines: string[] = [];
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return 'incomplete';
    const line = text.slice(at, end);
    at = end + 2;
    if (line === '') return { lines, length: at };
    lines.push(line);
  }
}

const fieldLine =
  /^([\w!#$%&'*+.^`|~-]+):[\t ]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[\t ]*$/;

function readFields(
  lines: readonly string[],
): { readonly fields: readonly HeaderPair[] } | { readonly fault: string } {
  const fields: HeaderPair[] = [];
  for (const line of lines) {
    const [, name, value] = fieldLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return { fault: `field line ${JSON.stringify(line)}` };
    fields.push([name, value]);
  }
  return { fields };
}

interface Chunks {
  readonly body: string;
  readonly trailers: readonly HeaderPair[];
  readonly length: number;
}

function readChunks(text: string): Chunks | ReadingEnd {
  let body = '';
  for (let at = 0; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return 'incomplete';
    const size = text.slice(at, lineEnd);
    if (!/^[\da-f]{1,8}$/i.test(size)) return { fault: `chunk size ${JSON.stringify(size)}` };
    const bytes = Number.parseInt(size, 16);
    at = lineEnd + 2;
    if (bytes === 0) {
      const last = readLines(text.slice(at));
      if (last === 'incomplete') return last;
      const trailers = readFields(last.lines);
      return 'fault' in trailers ? trailers : { body, trailers: trailers.fields, length: at + last.length };
    }
    if (text.length < at + bytes + 2) return 'incomplete';
    body += text.slice(at, at + bytes);
    if (text.slice(at + bytes, at + bytes + 2) !== '\r\n') return { fault: 'a chunk without an end' };
    at += bytes + 2;
  }
}
