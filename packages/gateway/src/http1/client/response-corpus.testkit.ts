/** A response that must be refused, as bytes in Latin-1. */
export interface BadResponse {
  readonly what: string;
  readonly bytes: string;
  /** The reason for refusing it, or a part of it. */
  readonly reason: string;
  /** Default `GET`. */
  readonly method?: string;
  /** The server closes the connection after these bytes. */
  readonly ends?: true;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const statusLine = 'a malformed status line';
const noHead = 'not HTTP/1.1, or a line without CR LF';
const name = 'a header line without a valid name';
const value = 'a control character in a header value, or a line without CR LF';
const length = 'a Content-Length that is not a number';
const lengths = 'more than one Content-Length';
const both = 'Content-Length beside Transfer-Encoding';
const coding = 'a Transfer-Encoding other than one chunked';
const interim = 'an interim response with a body';
const early = 'the connection closed before the end of the response';
const chunk = 'a malformed chunk size';

const bad = (what: string, bytes: string, reason: string, rest: Partial<BadResponse> = {}): BadResponse => ({
  what,
  bytes,
  reason,
  ...rest,
});
const head = (what: string, headers: string, reason: string, rest: Partial<BadResponse> = {}): BadResponse =>
  bad(what, `${ok}${headers}\r\n\r\nbody`, reason, rest);
const ends = { ends: true } as const;

/** Refused before any part of them is forwarded. */
export const badHeads: readonly BadResponse[] = [
  head('a tab after the length', 'Content-Length: 4\t', length),
  head('a space and a tab after the length', 'content-length: 4 \t', length),
  bad('no version', 'HTTP 200 OK\r\n\r\n', statusLine),
  bad('HTTP/0.9', 'HTTP/0.9 200 OK\r\n\r\n', statusLine),
  bad('HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', statusLine),
  bad('HTTP/1.10', 'HTTP/1.10 200 OK\r\n\r\n', statusLine),
  bad('HTTP/2', 'HTTP/2 200\r\n\r\n', statusLine),
  bad('HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n', statusLine),
  bad('a version in lower case', 'http/1.1 200 OK\r\n\r\n', statusLine),
  bad('another protocol', 'RTSP/1.0 200 OK\r\n\r\n', statusLine),
  bad('the greeting of an SSH server', 'SSH-2.0-OpenSSH_9.6\r\n', noHead),
  bad('a TLS alert', '\x15\x03\x01\x00\x02\x02\x46', noHead),
  bad('an empty line first', `\r\n${ok}\r\n`, statusLine),
  bad('a space first', ` ${ok}\r\n`, statusLine),
  bad('a byte order mark first', `\xef\xbb\xbf${ok}\r\n`, statusLine),
  bad('a body without a head', '<html></html>', noHead),
  bad('no space before the status', 'HTTP/1.1200 OK\r\n\r\n', statusLine),
  bad('two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n', statusLine),
  bad('a tab before the status', 'HTTP/1.1\t200 OK\r\n\r\n', statusLine),
  bad('no status', 'HTTP/1.1 OK\r\n\r\n', statusLine),
  bad('a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', statusLine),
  bad('a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', statusLine),
  bad('a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', statusLine),
  bad('a status of 000', 'HTTP/1.1 000 OK\r\n\r\n', statusLine),
  bad('a status above 599', 'HTTP/1.1 600 OK\r\n\r\n', statusLine),
  bad('a status of 999', 'HTTP/1.1 999 OK\r\n\r\n', statusLine),
  bad('a signed status', 'HTTP/1.1 +20 OK\r\n\r\n', statusLine),
  bad('a hexadecimal status', 'HTTP/1.1 2c0 OK\r\n\r\n', statusLine),
  bad('a tab after the status', 'HTTP/1.1 200\tOK\r\n\r\n', statusLine),
  bad('NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n', statusLine),
  bad('an escape sequence in the reason', 'HTTP/1.1 200 \x1b[31mOK\r\n\r\n', statusLine),
  bad('a bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n', statusLine),
  bad('a bare LF after the status line', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n', statusLine),
  bad('bare LFs alone', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', noHead),
  bad('a bare LF after a header', `${ok}X-A: b\nX-C: d\r\n\r\n`, value),
  bad('a bare LF as the blank line', `${ok}Content-Length: 0\r\n\n`, noHead),
  bad('a bare CR after a header', `${ok}X-A: b\rX-C: d\r\n\r\n`, value),
  bad('CR CR LF after a header', `${ok}X-A: b\r\r\n\r\n`, value),
  head('a folded line', 'X-A: b\r\n c', name),
  head('a line folded by a tab', 'X-A: b\r\n\tc', name),
  head('a folded first line', ' X-A: b', name),
  head('a folded Content-Length', 'Content-Length: 1\r\n 0', name),
  head('a folded Transfer-Encoding', 'Transfer-Encoding:\r\n chunked', name),
  head('a space before the colon', 'Content-Length : 4', name),
  head('a tab before the colon', 'Transfer-Encoding\t: chunked', name),
  head('a header without a colon', 'Content-Length', name),
  head('a header without a name', ': b', name),
  head('a space in a name', 'X A: b', name),
  head('NUL in a name', 'X\0A: b', name),
  head('a letter beyond ASCII in a name', 'X-\xe4: b', name),
  head('parentheses in a name', 'X(A): b', name),
  head('a quotation mark in a name', 'X"A": b', name),
  head('NUL in a value', 'X-A: b\0c', value),
  head('DEL in a value', 'X-A: b\x7fc', value),
  head('an escape in a value', 'X-A: b\x1bc', value),
  head('a vertical tab in a value', 'X-A: b\x0bc', value),
  head('a form feed in a value', 'X-A: b\x0cc', value),
  head('a backspace in a value', 'X-A: b\x08c', value),
  head('Content-Length beside Transfer-Encoding', 'Content-Length: 4\r\nTransfer-Encoding: chunked', both),
  head('Transfer-Encoding before Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 4', both),
  head('both lengths, in answer to HEAD', 'Content-Length: 4\r\nTransfer-Encoding: chunked', both, { method: 'HEAD' }), // prettier-ignore
  head('two different Content-Lengths', 'Content-Length: 4\r\nContent-Length: 5', lengths),
  head('the same Content-Length twice', 'Content-Length: 4\r\ncontent-length: 4', lengths),
  head('different Content-Lengths far apart', 'Content-Length: 4\r\nX-A: b\r\nContent-Length: 3', lengths),
  head('a list of the same Content-Length', 'Content-Length: 5, 5', length),
  head('a list of Content-Lengths', 'Content-Length: 4,5', length),
  head('a Content-Length with plus', 'Content-Length: +4', length),
  head('a negative Content-Length', 'Content-Length: -4', length),
  head('a Content-Length with a space in it', 'Content-Length: 4 4', length),
  head('a hexadecimal Content-Length', 'Content-Length: 0x4', length),
  head('a Content-Length with a fraction', 'Content-Length: 4.0', length),
  head('a Content-Length with an exponent', 'Content-Length: 4e0', length),
  head('a Content-Length with underscores', 'Content-Length: 1_0', length),
  head('a Content-Length in quotes', 'Content-Length: "4"', length),
  head('an empty Content-Length', 'Content-Length:', length),
  head('a Content-Length beyond 2^53', 'Content-Length: 9007199254740993', length),
  head('a Content-Length beyond 2^64', 'Content-Length: 18446744073709551620', length),
  head('an endless Content-Length', `Content-Length: ${'9'.repeat(400)}`, length),
  head('a coding that is not chunked', 'Transfer-Encoding: gzip', coding),
  head('a coding below chunked', 'Transfer-Encoding: gzip, chunked', coding),
  head('chunked that is not last', 'Transfer-Encoding: chunked, gzip', coding),
  head('chunked beside identity', 'Transfer-Encoding: chunked, identity', coding),
  head('identity', 'Transfer-Encoding: identity', coding),
  head('chunked twice in a list', 'Transfer-Encoding: chunked, chunked', coding),
  head('chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', coding),
  head('a coding beside chunked', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip', coding),
  head('a misspelt chunked', 'Transfer-Encoding: xchunked', coding),
  head('chunked in quotes', 'Transfer-Encoding: "chunked"', coding),
  head('chunked with a parameter', 'Transfer-Encoding: chunked;q=1', coding),
  head('chunked after a comma', 'Transfer-Encoding: ,chunked', coding),
  head('an empty Transfer-Encoding', 'Transfer-Encoding:', coding),
  bad('chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'Transfer-Encoding in HTTP/1.0'), // prettier-ignore
  bad('another protocol without a request for it', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 'an unrequested protocol'), // prettier-ignore
  bad(
    'an interim answer with a length',
    `HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n${ok}\r\n`,
    interim,
  ),
  bad('an interim answer in chunks', `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${ok}\r\n`, interim), // prettier-ignore
  bad('100 with a length of 0', `HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n${ok}\r\n`, interim),
  bad('an interim answer with Connection: close', `HTTP/1.1 103 X\r\nConnection: close\r\n\r\n${ok}\r\n`, 'an interim response that closes the connection'), // prettier-ignore
  bad('an interim answer of HTTP/1.0', `HTTP/1.0 103 X\r\n\r\n${ok}\r\n`, 'an interim response that closes the connection'), // prettier-ignore
  bad('endless interim answers', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(200), 'too many interim responses'),
  bad('an interim answer alone', 'HTTP/1.1 103 Early Hints\r\n\r\n', early, ends),
  bad('a 204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody', 'a 204 with a body'),
  bad(
    'a 204 in chunks',
    'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a 204 with a body',
  ),
  bad('a head that is too large', `${ok}X-A: ${'a'.repeat(70_000)}\r\n\r\n`, 'a head that is too large'),
  bad('a head that never ends', `${ok}${'X-A: b\r\n'.repeat(10_000)}`, 'a head that is too large'),
  bad('too many headers', `${ok}${'A:b\r\n'.repeat(2001)}\r\n`, 'too many header lines'),
  bad('half a head', `${ok}Content-Le`, early, ends),
  bad('half a status line', 'HTTP/1', early, ends),
  bad('nothing', '', early, ends),
];

const chunked = (what: string, body: string, reason: string, rest: Partial<BadResponse> = {}): BadResponse =>
  bad(what, `${ok}Transfer-Encoding: chunked\r\n\r\n${body}`, reason, rest);
const wrongEnd = 'a chunk that is longer or shorter than announced';

/** Refused after the head was forwarded: the caller sees that the response is incomplete. */
export const badBodies: readonly BadResponse[] = [
  bad('a body shorter than its length', `${ok}Content-Length: 5\r\n\r\nbody`, early, ends),
  bad('no body for a length', `${ok}Content-Length: 5\r\n\r\n`, early, ends),
  chunked('no chunk', '', early, ends),
  chunked('half a chunk size', '4', early, ends),
  chunked('half a chunk', '4\r\nbo', early, ends),
  chunked('no last chunk', '4\r\nbody\r\n', early, ends),
  chunked('half a last chunk', '4\r\nbody\r\n0\r\n', early, ends),
  chunked('half a trailer', '0\r\nX-A: b\r\n', early, ends),
  chunked('an empty chunk size', '\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a chunk size that is no number', 'x\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a chunk size with plus', '+4\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a negative chunk size', '-4\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a chunk size with 0x', '0x4\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a chunk size with a fraction', '4.0\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a chunk size with underscores', '0_4\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a space before a chunk size', ' 4\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a space after a chunk size', '4 \r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a tab after a chunk size', '4\t\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a chunk size beyond 2^53', '20000000000000\r\nbody', chunk),
  chunked('a chunk size beyond 2^64', '10000000000000004\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a chunk size of many zeros', `${'0'.repeat(17)}4\r\nbody\r\n0\r\n\r\n`, chunk),
  chunked('an answer that is not in chunks', 'body', chunk),
  chunked('an endless chunk size', '0'.repeat(2000), 'a chunk size or a trailer section that is too long'),
  chunked(
    'an endless extension',
    `4;a=${'b'.repeat(2000)}`,
    'a chunk size or a trailer section that is too long',
  ),
  chunked('an extension without a name', '4;\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('an extension without a value', '4;a=\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('an extension with an open quotation mark', '4;a="b\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('an extension with a space', '4; a\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('NUL in an extension', '4;a\0\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a bare CR in an extension', '4;a\rb\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a bare LF in an extension', '4;a\nb\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a comma after a chunk size', '4,4\r\nbody\r\n0\r\n\r\n', chunk),
  chunked('a bare LF after a chunk size', '4\nbody\r\n0\r\n\r\n', chunk),
  chunked('a bare CR after a chunk size', '4\rbody\r\n0\r\n\r\n', chunk),
  chunked('no CR LF after a chunk', '4\r\nbody0\r\n\r\n', wrongEnd),
  chunked('a bare LF after a chunk', '4\r\nbody\n0\r\n\r\n', wrongEnd),
  chunked('a bare CR after a chunk', '4\r\nbody\r0\r\n\r\n', wrongEnd),
  chunked('a chunk longer than its size', '4\r\nbodybody\r\n0\r\n\r\n', wrongEnd),
  chunked('a chunk shorter than its size', '5\r\nbody\r\n0\r\n\r\n', wrongEnd),
  chunked('a length among the trailers', '0\r\nContent-Length: 4\r\n\r\n', 'a trailer that frames a body'),
  chunked(
    'a coding among the trailers',
    '0\r\nX-A: b\r\ntransfer-encoding: chunked\r\n\r\n',
    'a trailer that frames a body',
  ),
  chunked('a folded trailer', '0\r\nX-A: b\r\n c\r\n\r\n', name),
  chunked('a trailer without a colon', '0\r\nX-A\r\n\r\n', name),
  chunked('a trailer with a space before the colon', '0\r\nX-A : b\r\n\r\n', name),
  chunked('NUL in a trailer', '0\r\nX-A: b\0\r\n\r\n', value),
  chunked('a bare LF after a trailer', '0\r\nX-A: b\n\r\n', value),
  chunked('a bare LF as the end', '0\r\n\n', name),
  chunked('another response instead of the trailers', `0\r\n${ok}\r\n`, name),
  chunked('trailers that are too large', `0\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`, 'a chunk size or a trailer section that is too long'), // prettier-ignore
  chunked('too many trailers', `0\r\n${'A:b\r\n'.repeat(2001)}\r\n`, 'too many trailer lines'),
];
