import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLlhttpReader } from './llhttp.testkit.ts';
import { cutAt, readResponse, type ResponseReadOptions } from './read-response.testkit.ts';
import { badBodies, badHeads } from './response-corpus.testkit.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const ok = 'HTTP/1.1 200 OK\r\n';
/** Every byte separately; for long texts, only the beginning and the end. */
const bytewise = (bytes: Buffer): Buffer[] =>
  cutAt(bytes, bytes.length < 3000 ? Array.from(bytes.keys()) : Array.from({ length: 1000 }, (_, i) => (i < 500 ? i : bytes.length - i + 499))); // prettier-ignore

describe('a response that two readers could interpret differently', () => {
  test.each([...badHeads, ...badBodies])(
    '$what is refused, however its bytes are split',
    ({ bytes, reason, method, ends }) => {
      const whole = latin1(bytes);
      const options = { ends: ends ?? false, ...(method !== undefined && { method }) };
      expect(readResponse([whole], options)).toMatchObject({ refused: reason, complete: false });
      // Of several things that are wrong, another may be seen first.
      const cut = readResponse(bytewise(whole), options);
      expect(cut).toMatchObject({ refused: expect.any(String) as string, complete: false });
    },
  );
});

describe('a response', () => {
  test.each<[string, string, ResponseReadOptions, object]>([
    ['with a length', `${ok}Content-Length: 4\r\n\r\nbody`, {}, { body: 'body', reusable: true }],
    ['with a length of many zeros', `${ok}Content-Length: 00000004\r\n\r\nbody`, {}, { body: 'body', reusable: true }],
    ['with a length of 0', `${ok}Content-Length: 0\r\n\r\n`, {}, { body: '', reusable: true }],
    ['in chunks', `${ok}transfer-encoding: CHUNKED\r\n\r\n4\r\nbody\r\n00a;a;b=c;d="e\\"f"\r\n0123456789\r\n0\r\n\r\n`, {}, { body: 'body0123456789', reusable: true }],
    ['with trailers', `${ok}Transfer-Encoding: chunked\r\n\r\n0;a\r\nX-Sum:  4 \r\nX-B:\r\n\r\n`, {}, { trailers: ['x-sum', '4', 'x-b', ''], reusable: true }],
    ['up to the end of the connection', `${ok}\r\nbody`, { ends: true }, { body: 'body', reusable: false }],
    ['up to the end, without a byte', `${ok}\r\n`, { ends: true }, { body: '', reusable: false }],
    ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', {}, { status: 200, reusable: true }],
    ['with an empty reason', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', {}, { status: 200, reusable: true }],
    ['to HEAD, with a length', `${ok}Content-Length: 4\r\n\r\n`, { method: 'HEAD' }, { body: '', reusable: false }],
    ['to HEAD, in chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n`, { method: 'HEAD' }, { body: '', reusable: false }],
    ['to HEAD, without either', `${ok}\r\n`, { method: 'HEAD' }, { body: '', reusable: false }],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', {}, { status: 204, reusable: false }],
    ['204 with a length of 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', {}, { status: 204, reusable: false }],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n', {}, { status: 304, body: '', reusable: false }],
    ['after interim ones', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}Content-Length: 1\r\n\r\na`, {}, { interim: [100, 103], status: 200, body: 'a', reusable: true }],
    ['with Connection: close', `${ok}Connection: X, CLOSE\r\nContent-Length: 1\r\n\r\na`, {}, { body: 'a', reusable: false }],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', {}, { body: 'a', reusable: false }],
    ['of HTTP/1.0 that keeps the connection', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na', {}, { body: 'a', reusable: true }],
    ['with bytes after its end', `${ok}Content-Length: 1\r\n\r\nab`, {}, { body: 'a', reusable: false }],
    ['in chunks, with bytes after its end', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n\r\n`, {}, { body: 'a', reusable: false }],
    ['to HEAD, with a body', `${ok}Content-Length: 4\r\n\r\nbody`, { method: 'HEAD' }, { body: '', reusable: false }],
    ['of another protocol that was asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\nframe', { upgrade: 'websocket' }, { status: 101, body: 'frame' }],
    ['with any bytes in values and reason', 'HTTP/1.1 200 f\xfcr\tall\r\nX-A: \t caf\xe9 \x80\tx \t\r\nX-B:\r\nX-A:c\r\nContent-Length: 0\r\n\r\n', {}, { headers: ['x-a', 'caf\xe9 \x80\tx', 'x-b', '', 'x-a', 'c', 'content-length', '0'] }],
  ])('%s is accepted', (_, text, options, expected) => {
    const reading = readResponse([latin1(text)], options);
    expect(reading).toMatchObject({ complete: true, refused: undefined, ...expected });
  }); // prettier-ignore

  test('whose head is as large as the limit is accepted, one byte more is not', () => {
    const text = `${ok}Content-Length: 0\r\nX-A: ${'a'.repeat(100)}\r\n\r\n`;
    for (const parts of [[latin1(text)], bytewise(latin1(text))]) {
      expect(readResponse(parts, { maxHeadBytes: text.length }).complete).toBe(true);
      expect(readResponse(parts, { maxHeadBytes: text.length - 1 }).refused).toBe('a head that is too large');
    }
  });
});

describe('for all bytes that a server may send', () => {
  const crumbs = fc.constantFrom('\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', '\0', ':', ',', ';', '0', '1', '4', '"', '\x7f', '\xff', 'chunked', 'Content-Length: 4\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n', 'HTTP/1.1 200 OK\r\n'); // prettier-ignore
  const status = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 404 ', 'HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 500') }, // prettier-ignore
    fc.constantFrom(
      'HTTP/1.1 600 X',
      'HTTP/2.0 200 OK',
      'HTTP/1.1  200 OK',
      'HTTP/1.1 20 X',
      'HTTP/0.9 200 OK',
    ),
  );
  const header = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('Content-Length: 4', 'Transfer-Encoding: chunked', 'Connection: keep-alive', 'Connection: close', 'X-A: b', 'X-A: caf\xe9', 'x-a:', 'Keep-Alive: timeout=5', 'Set-Cookie:  a=b \t') }, // prettier-ignore
    fc.constantFrom('Content-Length: 5', 'Content-Length: 4, 4', 'Content-Length: +4', 'Content-Length:', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: identity', 'Transfer-Encoding : chunked', 'X-A: b\r\n c', 'X A: b', 'X-A: b\rc', 'X-A: b\nX-C: d', 'Upgrade: h2c', ': b', 'X-A', 'X-A: \0'), // prettier-ignore
  );
  const chunk = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('4\r\nbody\r\n', '1;a=b\r\nx\r\n', '00002\r\nxy\r\n', 'A\r\n0123456789\r\n') },
    fc.constantFrom('4 \r\nbody\r\n', '4\nbody\r\n', '4\r\nbody\n', '0x4\r\nbody\r\n', '4;\r\nbody\r\n', '5\r\nbody\r\n', '4;a="\r\nbody\r\n'),
  ); // prettier-ignore
  const body = fc.oneof(
    fc.constantFrom('', 'body', 'bod', 'bodybody'),
    fc.tuple(fc.array(chunk, { maxLength: 3 }), fc.constantFrom('0\r\n\r\n', '0\r\nX-Sum: 4\r\n\r\n', '0\r\n', '', '00\r\n\r\n', '0\r\n c\r\n\r\n')).map(([chunks, last]) => chunks.join('') + last), // prettier-ignore
  );
  const interim = fc.constantFrom('', '', '', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 102 Processing\r\nConnection: close\r\n\r\n', 'HTTP/1.0 103 X\r\n\r\n', 'HTTP/1.1 101 X\r\nUpgrade: a\r\n\r\n'); // prettier-ignore
  const answer = fc
    .tuple(interim, status, fc.array(header, { maxLength: 4 }), body)
    .map(
      ([before, line, headers, rest]) =>
        `${before}${line}\r\n${headers.map((h) => `${h}\r\n`).join('')}\r\n${rest}`,
    );
  const mutation = fc.tuple(fc.nat(400), fc.nat(3), fc.oneof(crumbs, fc.constant('')));
  const bytes = fc
    .tuple(answer, fc.oneof(fc.constant([]), fc.array(mutation, { maxLength: 3 })))
    .map(([text, mutations]) =>
      mutations.reduce((mutated, [at, cut, crumb]) => {
        const place = at % (mutated.length + 1);
        return mutated.slice(0, place) + crumb + mutated.slice(place + cut);
      }, text),
    );
  const scenario = fc.record({
    text: bytes,
    cuts: fc.array(fc.nat(1000), { maxLength: 6 }),
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
    ends: fc.boolean(),
  });
  const readByLlhttp = createLlhttpReader();

  test('accepted responses mean the same to llhttp, however they are split', () => {
    let taken = 0;
    fc.assert(
      fc.property(scenario, ({ text, cuts, method, ends }) => {
        const whole = latin1(text);
        const ours = readResponse([whole], { method, ends });
        const inParts = readResponse(cutAt(whole, cuts), { method, ends });
        // If several parts are wrong, another one may be detected first.t.
        expect(inParts.refused === undefined).toBe(ours.refused === undefined);
        if (ours.refused !== undefined) return;
        // Bytes after a response are known only when they have arrived.
        expect({ ...inParts, reusable: ours.reusable }).toEqual(ours);
        if (ours.complete) taken += 1;
        const theirs = readByLlhttp(cutAt(whole, cuts), { method, ends });
        // llhttp reports a head before its last byte, and refuses some responses earlier, at a point where nothing has been
        // accepted here.
        if (!ours.complete && (ours.status === 0 || theirs.refused !== undefined)) return;
        expect({ ...theirs, reusable: ours.reusable }).toEqual(ours);
      }),
      { numRuns: 20_000 },
    );
    // The property is about accepted responses, so there must be many of them.
    expect(taken).toBeGreaterThan(2000);
  });

  test('no body follows a refused head', () => {
    fc.assert(
      fc.property(scenario, fc.nat(400), ({ text, method }, at) => {
        const place = at % (text.length + 1);
        const before = readResponse([latin1(text.slice(0, place))], { method });
        const after = readResponse([latin1(text)], { method });
        // More bytes never turn a refusal into an accepted response.
        expect(before.refused !== undefined && after.refused === undefined).toBe(false);
        expect(before.complete && !after.complete).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  // Stricter than llhttp, on purpose.
  test.each([
    ['an empty line before the head', `\r\n${ok}Content-Length: 0\r\n\r\n`],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['HTTP/2.0 in text', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status beyond 599', 'HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n'],
    [
      'an interim answer with a length',
      `HTTP/1.1 103 X\r\nContent-Length: 0\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
    ],
    ['a 204 with a length', 'HTTP/1.1 204 X\r\nContent-Length: 4\r\n\r\n'],
    ['a Content-Length beyond 2^53', `HTTP/1.1 304 X\r\nContent-Length: 9007199254740993\r\n\r\n`],
    ['a coding in answer to HEAD', `${ok}Transfer-Encoding: gzip\r\n\r\n`, 'HEAD'],
  ])('%s is accepted by llhttp and refused here', (_, text, method = 'GET') => {
    expect(readByLlhttp([latin1(text)], { method })).toMatchObject({ refused: undefined, complete: true });
    expect(readResponse([latin1(text)], { method }).refused).toEqual(expect.any(String));
  });
});
