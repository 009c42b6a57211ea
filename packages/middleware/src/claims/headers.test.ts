import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileForwardHeaders } from './headers.ts';
import { parseClaims } from './parse.ts';

const forward = compileForwardHeaders({ Group: 'g' });
const evaluate = (json: string) => {
  if (!forward.ok) throw new Error('not compiled');
  return forward.evaluate(parseClaims(json)!);
};

describe('a forwarded header', () => {
  it.each([
    ['{}', ''],
    ['{"g":null}', ''],
    ['{"g":""}', ''],
    ['{"g":true}', 'true'],
    ['{"g":1.50}', '1.50'],
    ['{"g":9007199254740993}', '9007199254740993'],
    ['{"g":[]}', ''],
    ['{"g":["a","b"]}', 'a,b'],
    ['{"g":["a,b","c"]}', '"a,b",c'],
    ['{"g":["say \\"a\\"","[","{x"]}', '"say \\"a\\"","[","{x"'],
    ['{"g":"a,b"}', 'a,b'],
    ['{"g":"a\\tb"}', 'a\tb'],
    ['{"g":[1,null,true,["x"],{"y":"\\n"}]}', '1,null,true,["x"],{"y":"\\n"}'],
    ['{"g":{"a":9007199254740993,"b":[]}}', '{"a":9007199254740993,"b":[]}'],
  ])('of %s is %j', (json, value) => expect(evaluate(json)).toEqual({ ok: true, headers: ['Group', value] }));

  it('contains no control character and, read as UTF-8, the text of the claim', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const result = evaluate(JSON.stringify({ g: text }));
        const forbidden = Array.from(text).some((char) => (char < ' ' && char !== '\t') || char === '\u007f');
        expect(result.ok).toBe(!forbidden);
        if (!result.ok) return;
        const value = result.headers[1]!;
        expect(value).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
        expect(Buffer.from(value, 'latin1').toString('utf8')).toBe(Buffer.from(text).toString('utf8'));
      }),
      { numRuns: 500 },
    );
  });

  it('reads back as the same elements, with any characters', () => {
    // Each element is a JSON string, or a text up to the next comma.
    const split = (text: string): string[] =>
      Array.from(text.matchAll(/("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)/g), ([, part = '']) =>
        part.startsWith('"') ? (JSON.parse(part) as string) : part,
      ).slice(0, -1);
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ',', '"', '\\', '[', '{', ' ') }), {
          minLength: 1,
        }),
        (elements) => {
          const result = evaluate(JSON.stringify({ g: elements }));
          if (!result.ok) throw new Error('refused');
          const text = result.headers[1]!;
          expect(split(`${text},`)).toEqual(elements);
        },
      ),
    );
  });

  it.each([
    ['{"g":["a,b","c"]}', '["a,b","c"]'],
    ['{"g":[]}', '[]'],
    ['{"g":"a"}', 'a'],
    ['{"g":{"a":1.0}}', '{"a":1.0}'],
    ['{}', ''],
  ])('of %s in the format json is %j', (json, value) => {
    const compiled = compileForwardHeaders({ Group: 'g' }, 'json');
    if (!compiled.ok) throw new Error('not compiled');
    expect(compiled.evaluate(parseClaims(json)!)).toEqual({ ok: true, headers: ['Group', value] });
  });

  it('is one header on the wire, with the bytes of any claim', async () => {
    const server = createServer((request, response) => response.end(JSON.stringify(request.rawHeaders)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const echo = (headers: readonly string[]) =>
      new Promise<string[]>((resolve, reject) => {
        get({ port, agent, headers: ['Host', 'a', ...headers, 'Last', 'z'] }, (response) => {
          void response.toArray().then((parts) => {
            resolve(JSON.parse(Buffer.concat(parts as Buffer[]).toString()) as string[]);
          }, reject);
        }).on('error', reject);
      });
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\r\n', 'X: y', ': ', ',', '\n')),
          ),
          async (parts) => {
            const text = parts.join('');
            const result = evaluate(JSON.stringify({ g: text }));
            if (!result.ok) return;
            const received = await echo(result.headers);
            expect(received.slice(0, 2)).toEqual(['Host', 'a']);
            expect(received[2]).toBe('Group');
            // Blanks around a field value are not part of it (RFC 9110 section 5.5).
            expect(Buffer.from(received[3]!, 'latin1').toString().trim()).toBe(text.trim());
            expect(received.slice(4, 6)).toEqual(['Last', 'z']);
            expect(received.length).toBeLessThanOrEqual(8);
          },
        ),
        { numRuns: 200 },
      );
    } finally {
      agent.destroy();
      server.close();
    }
  });

  const controls = Array.from({ length: 33 }, (_, index) => (index === 32 ? 127 : index));
  it.each(controls.filter((code) => code !== 9))(
    'refuses the control character %i, alone and in an array',
    (code) => {
      const text = `a${String.fromCharCode(code)}b`;
      expect(evaluate(JSON.stringify({ g: text }))).toEqual({ ok: false, header: 'Group' });
      expect(evaluate(JSON.stringify({ g: ['x', text] }))).toEqual({ ok: false, header: 'Group' });
    },
  );

  it.each([
    '',
    'a b',
    'a:b',
    'a\r\nb',
    'é',
    'Authorization',
    'HOST',
    'Transfer_Encoding',
    'connection',
    'Content-Length',
  ])('cannot be named %j', (name) =>
    expect(compileForwardHeaders({ [name]: 'g' })).toMatchObject({ ok: false, problems: [{ header: name }] }),
  );

  it('must be named once, ignoring letter case and - or _, and all problems are reported', () => {
    expect(compileForwardHeaders({ 'X-Group': 'g', x_group: 'g', Y: '', Host: 'a' })).toMatchObject({
      ok: false,
      problems: [{ header: 'x_group' }, { header: 'Y' }, { header: 'Host' }],
    });
  });
});
