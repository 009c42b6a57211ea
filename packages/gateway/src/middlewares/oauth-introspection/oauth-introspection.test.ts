import { systemClock } from '@grantgate/middleware/base/clock';
import { createChannel } from '@grantgate/middleware/base/channel';
import { createMemoryStore } from '@grantgate/middleware/cache/memory-store';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import { createStores } from '@grantgate/middleware/cache/stores';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { json, startScriptedServer, type Script } from '../../../../testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../../../testkit/src/token-server.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';

const gatewayClient = { clientId: 'gateway', clientSecret: 'gateway-secret' };
const caller = { clientId: 'caller', clientSecret: 'caller-secret' };
let server: TokenServer;
beforeAll(async () => {
  server = await startTokenServer([gatewayClient, caller]);
});
afterAll(() => server.close());

const middlewareOf = (url: string, more: object = {}) => ({
  intro: {
    plugin: {
      oAuthIntrospection: {
        clientConfig: { url, maxRetries: 0 },
        clientID: 'gateway',
        clientSecret: 'gateway-secret',
        ...more,
      },
    },
  },
});

async function startScripted(...script: Script) {
  const scripted = await startScriptedServer(...script);
  onTestFinished(() => scripted.close());
  return scripted;
}

const introspections = () => server.requests.filter(({ path }) => path === '/token/introspection').length;

describe('oAuthIntrospection', () => {
  it('lets a caller pass with a token that the server reports as active, and withholds it from the upstream', async () => {
    const { send, gateway } = await startGatewayWith(
      middlewareOf(server.introspectionUrl, {
        forwardHeaders: { 'X-Client': 'client_id' },
        usernameClaim: 'client_id',
      }),
    );
    const token = await server.issue(caller);
    const before = introspections();
    const passages = await Promise.all(
      Array.from({ length: 20 }, () => send('/', [['Authorization', `Bearer ${token}`]])),
    );
    expect(new Set(passages.map(({ status }) => status))).toEqual(new Set([200]));
    expect(valuesOf(passages[0]!.seen?.headers, 'x-client')).toEqual(['caller']);
    expect(JSON.stringify(passages.map(({ seen }) => seen))).not.toContain(token);
    expect(introspections()).toBe(before + 1);
    await gateway.recorded(20);
    expect(gateway.records[0]!.clientUsername).toBe('caller');
  });

  it('refuses a revoked token with 401 invalid_token, a request without one with 401', async () => {
    const { send } = await startGatewayWith(middlewareOf(server.introspectionUrl));
    const token = await server.issue(caller);
    await server.revoke(caller, token);
    const refused = await send('/', [['Authorization', `Bearer ${token}`]]);
    expect(refused.status).toBe(401);
    expect(valuesOf(refused.headers, 'www-authenticate')).toEqual([
      'Bearer realm="grantgate", error="invalid_token", error_description="The token is not active."',
    ]);
    const missing = await send('/');
    expect(missing.status).toBe(401);
    expect(valuesOf(missing.headers, 'www-authenticate')).toEqual(['Bearer realm="grantgate"']);
  });

  it('responds 502 when the endpoint refuses the gateway, and blames no caller', async () => {
    const { send } = await startGatewayWith(middlewareOf(server.introspectionUrl, { clientSecret: 'wrong' }));
    const refused = await send('/', [['Authorization', `Bearer ${await server.issue(caller)}`]]);
    expect(refused.status).toBe(502);
    expect(valuesOf(refused.headers, 'www-authenticate')).toEqual([]);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'gateway_credentials_refused' });
  });

  it.each([
    [{ query: 'access_token' }, '/a?access_token=TOKEN&b=1', [], '/a?b=1'],
    [{ cookie: 'token' }, '/a', ['Cookie', 'x=1; token=TOKEN'], '/a'],
    [{ header: 'X-Token' }, '/a', ['X-Token', 'TOKEN'], '/a'],
  ] as const)('reads the token from %j, and strips it', async (tokenSource, target, header, seen) => {
    const { send } = await startGatewayWith(middlewareOf(server.introspectionUrl, { tokenSource }));
    const token = await server.issue(caller);
    const fill = (text: string): string => text.replace('TOKEN', token);
    const passage = await send(fill(target), header.length === 0 ? [] : [[header[0], fill(header[1])]]);
    expect([passage.status, passage.seen?.target]).toEqual([200, seen]);
    expect(JSON.stringify(passage.seen)).not.toContain(token);
  });

  it('introspects once for all workers of a machine, and drops purged responses', async () => {
    const scripted = await startScripted((response) =>
      json(response, 200, { active: true, client_id: 'caller' }),
    );
    const store = createMemoryStore({ clock: systemClock });
    const compile = () =>
      compileMiddlewares(
        middlewareOf(scripted.url),
        systemClock,
        createStores({
          clock: systemClock,
          local: { store, secret: Buffer.alloc(32, 1), events: createChannel<StoreEvent>() },
        }),
      ).steps[0]!;
    const [one, two] = [compile(), compile()];
    onTestFinished(async () => {
      for (const step of [one, two]) await step.close?.();
    });
    const request = { authorization: 'Bearer t', target: '/', header: () => undefined } as never;
    for (const { onRequest } of [one, two, one])
      expect(await onRequest(request)).toMatchObject({ allowed: true });
    expect(scripted.requests).toHaveLength(1);
    expect([one.tally, two.tally]).toMatchObject([
      { memory: 1, store: 0, server: 1 },
      { memory: 0, store: 1, server: 0 },
    ]);
    expect(one.purge!()).toBe(1);
    await one.onRequest(request);
    expect(scripted.requests).toHaveLength(2);
  });

  it('reports each invalid option at its place, and shows no secret', () => {
    const { problems, steps } = compileMiddlewares(`intro:
  plugin:
    oAuthIntrospection:
      clientConfig:
        url: nonsense
        headers: { Authorization: "Basic c2VjcmV0" }
      clientID: a
      clientSecret: secret
`);
    expect(steps).toEqual([]);
    expect(problems).toEqual([
      '7:18 intro@file.clientConfig.url: expected an absolute https or http URL',
      '8:24 intro@file.clientConfig.headers.Authorization: excludes clientID: the gateway authenticates in one way',
    ]);
  });
});
