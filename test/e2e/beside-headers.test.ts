import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgedSpellingsOf } from '../../packages/testkit/src/header-spellings.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import type { Beside } from './beside.testkit.ts';
import { startBeside } from './beside.testkit.ts';
import { proxies } from './beside-proxies.testkit.ts';
import type { Echo } from '../../packages/testkit/src/echo-server.ts';
import { valuesOf } from '../../packages/testkit/src/echo-server.ts';

const boss = `Basic ${Buffer.from('boss:boss-secret').toString('base64')}`;

const inSomeCase = (name: string, index: number): string =>
  [name, name.toLowerCase(), name.toUpperCase()][index % 3] ?? name;

const impostors = [
  'X-Auth-Request-User',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Real-Ip',
].flatMap(forgedSpellingsOf);

/** Some proxies accept no more than a hundred headers. */
const batches = Array.from({ length: Math.ceil(impostors.length / 80) }, (_, at) =>
  impostors.slice(at * 80, (at + 1) * 80),
);

const toHyphens = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

/**
 * The value that the service reads under a name if it maps every character except letters and digits to `-`, as many services do.
 */
const readAs = ({ rawHeaders }: Echo, name: string): readonly string[] =>
  rawHeaders.filter((_, at) => at % 2 === 1 && toHyphens(rawHeaders[at - 1] ?? '') === name);

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } },
      { clientId: 'my-oauth-client-name', clientSecret: 'mypasswd' },
    ],
  });
});
afterAll(() => server.close());

for (const [name, proxy] of Object.entries(proxies)) {
  if (proxy === undefined) {
    // Its program is not installed here: Envoy has no Debian package. The suite reports that before it starts.
    describe.skip(`headers beside ${name}`);
    continue;
  }
  describe(`headers beside ${name}`, () => {
    let beside: Beside;
    beforeAll(async () => {
      beside = await startBeside({ ...proxy, tokenUrl: server.url });
    });
    afterAll(() => beside.close());

    const send = async (headers: readonly string[], path = '/orders/1'): Promise<Echo> => {
      const before = beside.service.received.length;
      const { status, body } = await sendRequest(beside.url, { path, headers });
      expect({ status, body: status === 200 ? '' : body }).toEqual({ status: 200, body: '' });
      return beside.service.received[before]!;
    };
    const expectDecided = (echo: Echo): void => {
      expect(readAs(echo, 'group')).toEqual(['admin']);
      expect(readAs(echo, 'x-auth-request-user')).toEqual(['boss']);
      expect(readAs(echo, 'authorization')).toEqual([expect.stringMatching(/^Bearer ey/)]);
    };

    // The other examples leave these headers to the proxy's own rules.
    it.runIf(/nginx|haproxy/i.test(name))(
      'the service learns the address of the caller only from the proxy',
      async () => {
        const forged = [
          'X-Forwarded-For',
          '203.0.113.9',
          'x-real-ip',
          '203.0.113.9',
          'X-Forwarded-Proto',
          'gopher',
        ];
        const echo = await send(['Authorization', boss, ...forged, 'X-Forwarded-Host', 'evil.example']);
        expect(readAs(echo, 'x-forwarded-for')).toEqual(['127.0.0.1']);
        expect(readAs(echo, 'x-real-ip')).toEqual(['127.0.0.1']);
        expect(readAs(echo, 'x-forwarded-proto')).toEqual(['http']);
        expect(readAs(echo, 'x-forwarded-host')).toEqual([new URL(beside.url).host]);
      },
    );

    it('no spelling of a header name that grantgate sets reaches the service from the caller', async () => {
      for (const batch of batches) {
        const echo = await send(['Authorization', boss, ...batch.flatMap((spelled) => [spelled, 'root'])]);
        expectDecided(echo);
        expect(echo.rawHeaders.filter((_, at) => echo.rawHeaders[at + 1] === 'root')).toEqual([]);
      }
    });

    it('a repeated header of the caller does not survive beside the one that grantgate sets', async () => {
      for (const decided of ['Group', 'X-Auth-Request-User']) {
        const lies = Array.from({ length: 30 }, (_, index) => [inSomeCase(decided, index), 'root']).flat();
        expectDecided(await send([...lies.slice(0, 30), 'Authorization', boss, ...lies.slice(30)]));
      }
    });

    // Not every example has a route with credentials of the gateway.
    it.runIf(proxy.gatewayLevel)(
      'a missing claim leaves no header of the caller with that name',
      async () => {
        const echo = await send(['Group', 'root', 'X-Auth-Request-User', 'root'], '/billing/1');
        expect(readAs(echo, 'group').join('')).toBe('');
        expect(readAs(echo, 'x-auth-request-user').join('')).toBe('');
      },
    );

    it.each(
      [
        ['Group'],
        ['gROUP, Authorization, X-Auth-Request-User'],
        ['close, Group'],
        ['keep-alive', 'Group', 'Authorization'],
        ['Upgrade, Group,,X-Auth-Request-User'],
      ].map((lines) => ({ lines })),
    )('a caller’s Connection header removes no header that grantgate sets: $lines', async ({ lines }) => {
      // A proxy may drop the headers that Connection names before the check. Without credentials, the caller is refused.
      const { status, echo } = await sendOnce(beside, [
        'Authorization',
        boss,
        ...lines.flatMap((line) => ['Connection', line]),
      ]);
      expect(status).toBe(echo === undefined && lines.join().includes('Authorization') ? 401 : 200);
      if (echo === undefined) return;
      expectDecided(echo);
      expect(valuesOf(echo, 'connection').join()).not.toMatch(/group|authorization|x-auth/i);
    });

    // Not every example allows connections to be upgraded.
    it.runIf(proxy.upgrades)('a connection is upgraded, with the headers that grantgate sets', async () => {
      for (const line of ['Upgrade', 'keep-alive, Upgrade', 'Upgrade, Group, X-Auth-Request-User']) {
        const before = beside.service.received.length;
        const socket = connect(Number(new URL(beside.url).port), '127.0.0.1');
        socket.write(
          [
            'GET /orders/socket HTTP/1.1',
            'Host: a.example',
            `Authorization: ${boss}`,
            'Group: root',
            'X.Auth_Request-User: root',
            `Connection: ${line}`,
            'Upgrade: websocket',
            'Sec-WebSocket-Version: 13',
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
            '\r\n',
          ].join('\r\n'),
        );
        expect(await readUntil(socket, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 101 /);
        expectDecided(beside.service.received[before]!);
        socket.write('there and back');
        expect(await readUntil(socket, 'there and back')).toBe('there and back');
        socket.destroy();
      }
    });
  });
}

async function sendOnce(
  beside: Beside,
  headers: readonly string[],
): Promise<{ readonly status: number; readonly echo: Echo | undefined }> {
  const before = beside.service.received.length;
  const { status } = await sendRequest(beside.url, { path: '/orders/1', headers });
  return { status, echo: beside.service.received[before] };
}

/** Bytes up to the end of a text; rejects if the connection ends before. */
async function readUntil(socket: ReturnType<typeof connect>, end: string): Promise<string> {
  let text = '';
  while (!text.includes(end)) {
    const [chunk] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
    if (!Buffer.isBuffer(chunk)) throw new Error(`the connection ended after: ${text}`);
    text += chunk.toString();
  }
  return text;
}
