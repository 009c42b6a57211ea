import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import type { Beside } from './beside.testkit.ts';
import { startBeside } from './beside.testkit.ts';
import { proxies } from './beside-proxies.testkit.ts';
import { valuesOf } from '../../packages/testkit/src/echo-server.ts';
import { readPath, spellTraversals } from './path-spellings.testkit.ts';

const boss = `Basic ${Buffer.from('boss:boss-secret').toString('base64')}`;

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } },
      { clientId: 'my-oauth-client-name', clientSecret: 'mypasswd', claims: { grp: 'gateway' } },
    ],
  });
});
afterAll(() => server.close());

/** The middleware that sends each value of `Group`. */
const middlewareBy: Readonly<Partial<Record<string, string>>> = { admin: 'orders', gateway: 'billing' };

/** Each path and its middleware; other paths have none. */
const middlewareOf = (path: string): string | undefined => /^\/(orders|billing)(?:\/|$)/.exec(path)?.[1];

for (const [name, proxy] of Object.entries(proxies)) {
  // Its program is not installed here: Envoy has no Debian package.
  describe.skipIf(proxy === undefined)(`paths beside ${name}`, () => {
    let beside: Beside;
    beforeAll(async () => {
      const { example, command } = proxy ?? { example: '', command: undefined };
      beside = await startBeside({ example, tokenUrl: server.url, command });
    });
    afterAll(() => beside.close());

    /** The request that the service received, and the middleware that let it pass. */
    const send = async (path: string) => {
      const before = beside.service.received.length;
      const { status } = await sendRequest(beside.url, { path, headers: ['Authorization', boss] });
      const echo = beside.service.received[before];
      return { status, url: echo?.url, middleware: echo && middlewareBy[valuesOf(echo, 'group').join()] };
    };

    it.each(['/orders/1', '/orders/a.b/..c/...?to=/../billing%2f..;', '/orders/gr%C3%BC%C3%9Fe;v=1/%20'])(
      'lets %s pass',
      async (path) => {
        const url = name === 'Traefik' ? path.replace(/;$/, '&') : path;
        expect(await send(path)).toMatchObject({ status: 200, url, middleware: 'orders' });
      },
    );

    it('lets no spelling reach a path of another middleware, however the service reads it', async () => {
      const spellings = [
        ...spellTraversals('/orders/', '/billing/x'),
        ...(proxy?.gatewayLevel === true ? spellTraversals('/billing/', '/orders/x') : []),
      ];
      const wrong: object[] = [];
      for (const path of spellings) {
        const passed = await send(path);
        if (passed.url === undefined) continue;
        expect(passed.middleware).toBeDefined();
        const readings = [...readPath(passed.url)].filter(
          (one) => (middlewareOf(one) ?? passed.middleware) !== passed.middleware,
        );
        if (readings.length > 0) wrong.push({ path, ...passed, readings });
      }
      expect(wrong).toEqual([]);
    });
  });
}
