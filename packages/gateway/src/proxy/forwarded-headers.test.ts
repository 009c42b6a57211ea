import { hostname } from 'node:os';
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { anySpellingOf, forgedSpellingsOf, spellingsOf } from '../../../testkit/src/header-spellings.ts';
import { allow, startEntryPoint, type TestEntryPointOptions } from '../entrypoints/entry-point.testkit.ts';
import { startServer } from '../../../testkit/src/http-server.ts';
import { openRaw } from '../../../testkit/src/raw-connection.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

type Headers = readonly (readonly [string, string])[];

/** A gateway in front of a server that records the header lines it receives. */
async function start(options: TestEntryPointOptions = {}) {
  const seen: Headers[] = [];
  const targets: (string | undefined)[] = [];
  const upstream = await startServer((request, response) => {
    const lines: [string, string][] = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2)
      lines.push([request.rawHeaders[at]!, request.rawHeaders[at + 1]!]);
    seen.push(lines);
    targets.push(request.url);
    request.resume();
    response.end('ok');
  });
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], ...options });
  cleanups.push(() => gateway.close());
  const send = async (headers: Headers, target = '/'): Promise<Headers> => {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const host = headers.some(([name]) => name.toLowerCase() === 'host') ? '' : 'Host: api.example\r\n';
    const connection = await openRaw(gateway.port, `GET ${target} HTTP/1.1\r\n${host}${lines}\r\n`);
    const answer = await connection.until(/\r\n\r\nok|\r\n0\r\n\r\n|HTTP\/1\.1 [45]/);
    connection.socket.destroy();
    expect(answer).toContain('HTTP/1.1 200');
    return seen.at(-1)!;
  };
  return { gateway, upstream, send, targets };
}

const valuesOf = (headers: Headers, name: string): string[] =>
  headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
const normalized = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '-');

describe('the headers that a server receives', () => {
  test('the access token replaces the caller’s credentials', async () => {
    const { send } = await start({ steps: [() => allow()] });
    const headers = await send([
      ['Authorization', 'Basic Y2xpZW50OnNlY3JldA=='],
      ['authorization', 'Basic c2Vjb25kOnNlY3JldA=='],
    ]);
    expect(valuesOf(headers, 'authorization')).toEqual(['Bearer issued-token']);
    expect(JSON.stringify(headers)).not.toContain('Y2xpZW50');
    expect(JSON.stringify(headers)).not.toContain('c2Vjb25k');
  });

  test.each(['Group', 'group', 'GROUP', 'gRoUp'])(
    'a caller’s %s never arrives as the claim’s',
    async (name) => {
      const { send } = await start({ steps: [() => allow({ Group: '' })] });
      expect(valuesOf(await send([[name, 'admin']]), 'group')).toEqual(['']);
    },
  );

  test('no spelling of a claim’s X-User-Group arrives beside it', async () => {
    const { send } = await start({ steps: [() => allow({ 'X-User-Group': 'guests' })] });
    const spellings = [...spellingsOf('X-User-Group')];
    for (let at = 0; at < spellings.length; at += 75) {
      const headers = await send(spellings.slice(at, at + 75).map((name) => [name, 'admin']));
      expect(headers.filter(([key]) => normalized(key) === 'x-user-group')).toEqual([
        ['X-User-Group', 'guests'],
      ]);
    }
  });

  test.each([
    ['X-Forwarded-For', ['X-Forwarded-For', '127.0.0.1']],
    ['X-Real-Ip', ['X-Real-Ip', '127.0.0.1']],
    ['Content-Length', undefined],
    ['Transfer-Encoding', undefined],
  ])('no forged spelling of %s arrives, not even from a trusted proxy', async (name, ours) => {
    const { send } = await start({ trustedIPs: ['127.0.0.1'] });
    const spellings = forgedSpellingsOf(name);
    for (let at = 0; at < spellings.length; at += 75) {
      const headers = await send(spellings.slice(at, at + 75).map((spelling) => [spelling, '192.0.2.1']));
      expect(headers.filter(([key]) => normalized(key) === normalized(name))).toEqual(
        ours === undefined ? [] : [ours],
      );
    }
  });

  test('a protected name arrives once, with the gateway’s value, whatever a caller sends', async () => {
    const protectedHeaders = {
      Group: 'ours',
      'X-User-Id': 'ours',
      'X-Real-Ip': 'ours',
      'X-Request-Id': 'ours',
      'X-Forwarded-For': 'ours',
    };
    const { send } = await start({ steps: [() => allow(protectedHeaders)], trustedIPs: ['127.0.0.1'] });
    const names = ['authorization', ...Object.keys(protectedHeaders)].map(normalized);
    const scrambled = anySpellingOf(...names);
    const other = fc
      .stringMatching(/^[A-Za-z][\w!#$%&'*+.^`|~-]{0,12}$/)
      .filter(
        (name) =>
          !names.includes(normalized(name)) &&
          !/^(?:host|expect|upgrade|connection|transfer.encoding|content.length|te|trailer|keep.alive)$/i.test(
            name,
          ),
      );
    const value = fc.stringMatching(/^[!-~]{1,20}$/);
    const connection = fc
      .subarray([...names, 'x-other', 'keep-alive', 'content-length'])
      .map((list) => ['Connection', list.join(', ')] as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.tuple(scrambled, value), fc.tuple(other, value), connection), { maxLength: 12 }),
        async (sent) => {
          const headers = await send(sent);
          for (const name of names) {
            const arrived = headers.filter(([key]) => normalized(key) === name);
            expect(arrived).toHaveLength(1);
            expect(arrived[0]?.[1]).toBe(name === 'authorization' ? 'Bearer issued-token' : 'ours');
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a flood of header lines hides none of the gateway’s from a server that reads a thousand of them', async () => {
    const { send } = await start({
      steps: [() => allow({ Group: 'ours' })],
      transport: { maxHeaderFields: 2000 },
    });
    const flood = Array.from({ length: 1500 }, (): [string, string] => ['a', '']);
    const headers = await send([...flood, ['Group', 'forged'], ['X-Forwarded-For', '192.0.2.1']]);
    expect(headers.length).toBeGreaterThan(1000);
    expect(headers.slice(0, 9).map(([name]) => normalized(name))).toEqual([
      'connection',
      'x-request-id',
      'host',
      'authorization',
      'group',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'x-forwarded-port',
    ]);
    expect(valuesOf(headers, 'group')).toEqual(['ours']);
  });

  test('several middlewares: headers of a later one replace those of an earlier one', async () => {
    const authorizations: (string | undefined)[] = [];
    const { send, gateway } = await start({
      steps: [
        (request) => {
          authorizations.push(request.authorization);
          return allow({ Group: 'first', 'X-First': '1' }, 'first-user', 'first-token');
        },
        async (request) => {
          authorizations.push(request.authorization);
          return allow({ group: 'second' }, undefined, 'second-token');
        },
      ],
    });
    const headers = await send([
      ['Authorization', 'Basic abc'],
      ['X-First', 'spoofed'],
    ]);
    expect(valuesOf(headers, 'authorization')).toEqual(['Bearer second-token']);
    expect(valuesOf(headers, 'group')).toEqual(['second']);
    expect(valuesOf(headers, 'x-first')).toEqual(['1']);
    expect(authorizations).toEqual(['Basic abc', 'Bearer first-token']);
    expect((await gateway.recorded(1)).clientUsername).toBe('first-user');
  });

  test('headers of the caller’s connection are not forwarded', async () => {
    const { send } = await start({ steps: [() => allow({ Group: 'ours' })] });
    const headers = await send([
      ['Connection', 'keep-alive, X-Private, group, authorization, x-forwarded-for'],
      ['connection', 'X-Second'],
      ['X-Private', 'a'],
      ['x-second', 'b'],
      ['Keep-Alive', 'timeout=5'],
      ['Proxy-Connection', 'keep-alive'],
      ['Proxy-Authorization', 'Basic c2VjcmV0'],
      ['TE', 'trailers'],
      ['Trailer', 'X-Sum'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'AAMAAABkAAQAoAAAAAIAAAAA'],
      ['Transfer_Encoding', 'chunked'],
      ['Content_Length', '5'],
      ['X-Kept', 'c'],
    ]);
    expect(headers.map(([name]) => normalized(name)).sort()).toEqual([
      'authorization',
      'connection',
      'group',
      'host',
      'te',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-port',
      'x-forwarded-proto',
      'x-forwarded-server',
      'x-kept',
      'x-real-ip',
      'x-request-id',
    ]);
    expect(valuesOf(headers, 'connection')).toEqual(['keep-alive']);
  });

  test('other headers arrive as sent: spelling, order, repetition, bytes', async () => {
    const { send } = await start();
    const sent: Headers = [
      ['X-b', '2'],
      ['x-A', '1'],
      ['X-B', ''],
      ['Cookie', 'a=b; c=d'],
      ['X-Latin', 'caf\xe9'],
      ['X-Utf8', Buffer.from('日本').toString('latin1')],
    ];
    const headers = await send(sent);
    expect(headers.filter(([name]) => sent.some(([given]) => given === name))).toEqual(sent);
  });

  test('an untrusted peer’s forwarded headers are replaced by the gateway’s', async () => {
    const { send } = await start();
    const headers = await send([
      ['X-Forwarded-For', '192.0.2.1'],
      ['X_Forwarded_For', '192.0.2.2'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Port', '443'],
      ['X-Forwarded-Prefix', '/evil'],
      ['X-Real-IP', '192.0.2.3'],
      ['Forwarded', 'for=192.0.2.4'],
    ]);
    const forwarded = headers.filter(([name]) => /forwarded|real-ip/i.test(name));
    expect(Object.fromEntries(forwarded)).toEqual({
      'X-Forwarded-For': '127.0.0.1',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'api.example',
      'X-Forwarded-Port': '80',
      'X-Forwarded-Server': hostname(),
      'X-Real-Ip': '127.0.0.1',
    });
    expect(forwarded).toHaveLength(6);
  });

  test('a trusted proxy’s forwarded headers stay, and this hop appends itself', async () => {
    const { send } = await start({ trustedIPs: ['10.0.0.0/8', '127.0.0.0/8'] });
    const headers = await send([
      ['X-Forwarded-For', '192.0.2.1'],
      ['x-forwarded-for', '192.0.2.2'],
      ['X_Forwarded_For', '192.0.2.9'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'public.example'],
      ['X-Forwarded-Port', '443'],
      ['X-Real-Ip', '192.0.2.1'],
      ['Connection', 'X-Forwarded-Proto'],
    ]);
    expect(Object.fromEntries(headers.filter(([name]) => /forwarded|real-ip/i.test(name)))).toEqual({
      'X-Forwarded-For': '192.0.2.1, 192.0.2.2, 127.0.0.1',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'public.example',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Server': hostname(),
      'X-Real-Ip': '192.0.2.1',
    });
  });

  test('the server receives the caller’s Host, or its own', async () => {
    expect(valuesOf(await (await start()).send([]), 'host')).toEqual(['api.example']);
    const own = await start({ passHostHeader: false });
    expect(valuesOf(await own.send([]), 'host')).toEqual([`127.0.0.1:${own.upstream.port}`]);
  });

  test('a request ID that is safe to log is kept, any other is replaced', async () => {
    const { send } = await start();
    expect(valuesOf(await send([['X-Request-Id', 'abc-123']]), 'x-request-id')).toEqual(['abc-123']);
    const [replaced] = valuesOf(await send([['X-Request-Id', 'a b"<script>']]), 'x-request-id');
    expect(replaced).toMatch(/^[\da-f-]{36}$/);
  });

  test('the server receives the path that the rules matched', async () => {
    const { send, targets } = await start();
    await send([], '/public/../%61dmin//x%3ay?q=/../%61');
    expect(targets).toEqual(['/admin/x%3Ay?q=/../%61']);
  });

  test('a body with GET, DELETE and OPTIONS is forwarded', async () => {
    for (const method of ['GET', 'DELETE', 'OPTIONS', 'PUT']) {
      const bodies: string[] = [];
      const upstream = await startServer((request, response) => {
        request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
        request.on('end', () => response.end('ok'));
      });
      cleanups.push(() => upstream.close());
      const gateway = await startEntryPoint({ servers: [upstream.url] });
      cleanups.push(() => gateway.close());
      const status = await new Promise((resolve, reject) => {
        const sent = httpRequest(
          `${gateway.origin}/`,
          { method, headers: { 'content-length': 5 } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        sent.on('error', reject);
        sent.end('hello');
      });
      expect([method, status, bodies.join('')]).toEqual([method, 200, 'hello']);
    }
  });
});

describe('the headers that a caller receives', () => {
  test('repetition, bytes and reason arrive; headers of the server’s connection do not', async () => {
    const upstream = await startServer((_request, response) => {
      response.writeHead(299, 'Fine', [
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'X-Latin',
        'caf\xe9',
        'Connection',
        'close, X-Private',
        'X-Private',
        'p',
        'Keep-Alive',
        'timeout=5',
        'Proxy-Authenticate',
        'Basic',
        'Content-Length',
        '2',
        'WWW-Authenticate',
        'Bearer',
      ]);
      response.end(Buffer.from('ok'));
    });
    cleanups.push(() => upstream.close());
    const gateway = await startEntryPoint({ servers: [upstream.url] });
    cleanups.push(() => gateway.close());
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await connection.until(/ok$/);
    expect(answer).toMatch(/^HTTP\/1\.1 299 Fine\r\n/);
    expect(answer).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/i);
    expect(answer).toContain('caf\xe9');
    expect(answer).toMatch(/www-authenticate: Bearer/i);
    expect(answer).not.toMatch(/x-private|proxy-authenticate|timeout=5|connection: close/i);
    connection.socket.destroy();
  });
});
