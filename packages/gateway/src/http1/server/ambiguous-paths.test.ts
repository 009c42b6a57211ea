import { afterEach, describe, expect, it } from 'vitest';
import { startServer } from '../../../../testkit/src/http-server.ts';
import { startEntryPoint } from '../../entrypoints/entry-point.testkit.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(options: Partial<Parameters<typeof startEntryPoint>[0]> = {}) {
  const targets: string[] = [];
  const upstream = await startServer((request, response) => {
    targets.push(request.url ?? '');
    response.end();
  });
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], ...options });
  cleanups.push(() => gateway.close());
  /** Status, and the code of a refusal. */
  const send = async (form: keyof typeof forms, target: string): Promise<string> => {
    const connection = await openRaw(gateway.port, forms[form](target));
    const text = await connection.closed();
    return `${text.slice(9, 12)} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`.trim();
  };
  return { send, targets, gateway };
}

const head = 'Host: a\r\nConnection: close\r\n';
const webSocket =
  'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const forms = {
  'a plain request': (target: string) => `GET ${target} HTTP/1.1\r\n${head}\r\n`,
  'a request that Node.js reads': (target: string) =>
    `POST ${target} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a request in absolute form': (target: string) => `GET http://a${target} HTTP/1.1\r\n${head}\r\n`,
  'a WebSocket handshake': (target: string) => `GET ${target} HTTP/1.1\r\n${webSocket}\r\n`,
} as const;

describe.each(Object.keys(forms) as (keyof typeof forms)[])('%s', (form) => {
  it.each([
    '/open/..%2fadmin',
    '/open/%2E%2e%2Fadmin',
    '/open/..%5cadmin',
    '/open/..\\admin',
    '/open/..;/admin',
    '/open/%2e%2e%3Bx=1/admin',
    '/open/x%00',
    '/open/%',
    '/open/%u002e',
    '/open/%c0%ae%c0%ae/admin',
  ])('is refused with 400 for %s', async (target) => {
    const { send, targets, gateway } = await start();
    expect(await send(form, target)).toBe('400 request_invalid');
    expect(await send(form, `${target}?a=b`)).toBe('400 request_invalid');
    expect(targets).toEqual([]);
    await gateway.recorded(2);
    expect(gateway.records.map(({ facts, refusal }) => [facts.path, refusal?.code])).toEqual([
      [target, 'request_invalid'],
      [target, 'request_invalid'],
    ]);
  });

  it('may have characters that its entry point allows, and any in the query', async () => {
    const { send, targets } = await start({
      encodedCharacters: { allowEncodedSlash: true, allowEncodedBackSlash: true },
    });
    const wanted = ['/a%2fb', '/a%5Cb', '/a?b=..%2f..;/%00\\'];
    for (const target of wanted) await send(form, target);
    expect(targets).toEqual(['/a%2Fb', '/a%5Cb', wanted[2]]);
    const strict = await start({
      encodedCharacters: { allowEncodedPercent: false, allowEncodedSemicolon: false },
    });
    for (const target of ['/a%252fb', '/a%3bb'])
      expect(await strict.send(form, target)).toBe('400 request_invalid');
    expect(strict.targets).toEqual([]);
  });

  it('may have 1,000 parameters in its query, and is refused with 400 for one more', async () => {
    const { send } = await start({ match: () => false });
    const query = (count: number, separator: string): string => `/?${Array(count).fill('a').join(separator)}`;
    for (const separator of ['&', ';']) {
      expect(await send(form, query(1000, separator))).toBe('404 no_route');
      expect(await send(form, query(1001, separator))).toBe('400 request_invalid');
    }
  });
});
