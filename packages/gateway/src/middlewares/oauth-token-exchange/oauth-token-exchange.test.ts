import { createHash } from 'node:crypto';
import { createChannel } from '@grantgate/middleware/base/channel';
import { systemClock } from '@grantgate/middleware/base/clock';
import { createMemoryStore } from '@grantgate/middleware/cache/memory-store';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import { createStores } from '@grantgate/middleware/cache/stores';
import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { json, startScriptedServer, type Script } from '../../../../testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../../../testkit/src/token-server.ts';
import { compileMiddlewares, startGatewayWith, valuesOf, type Passage } from '../middlewares.testkit.ts';

const own = { clientId: 'gateway', clientSecret: 'gateway-secret' };
const caller = { clientId: 'caller', clientSecret: 'caller-secret' };
let server: TokenServer;
beforeAll(async () => {
  server = await startTokenServer([own, caller]);
});
afterAll(() => server.close());

const exchange = (url: string, more: object = {}) => ({
  plugin: {
    oAuthTokenExchange: {
      ...{ url, clientID: 'gateway', clientSecret: 'gateway-secret', clientConfig: { maxRetries: 0 } },
      ...more,
    },
  },
});
const bearer = (token: string) => [['Authorization', `Bearer ${token}`]] as const;

async function startScripted(...script: Script) {
  const scripted = await startScriptedServer(...script);
  onTestFinished(() => scripted.close());
  return scripted;
}

/** Returns `new-of-SUBJECT`. */
const startExchanges = () =>
  startScripted((response, { body }) => {
    const token = `new-of-${body.get('subject_token') ?? ''}`;
    json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 60 });
  });

/** Claims of the token that the server behind the gateway received, verified with the keys of the issuer. */
async function claimsOf({ seen }: Passage) {
  const [value = ''] = valuesOf(seen?.headers, 'authorization');
  const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
  return (await jwtVerify(value.replace('Bearer ', ''), keys)).payload;
}

describe('oAuthTokenExchange', () => {
  it("sends the upstream an exchanged token instead of the caller's", async () => {
    const { send, gateway } = await startGatewayWith({
      auth: exchange(server.url, {
        rfc8693: { audience: 'urn:orders', actorToken: {} },
        forwardHeaders: { 'X-User': 'sub' },
        usernameClaim: 'sub',
      }),
    });
    const token = await server.issue(caller);
    const tokenRequests = () => server.requests.filter(({ path }) => path === '/token').length;
    const before = tokenRequests();
    const passages = await Promise.all(Array.from({ length: 20 }, () => send('/', bearer(token))));
    expect(new Set(passages.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await claimsOf(passages[0]!)).toMatchObject({
      ...{ iss: server.issuer, aud: 'urn:orders', client_id: 'gateway', sub: 'caller' },
      act: { sub: 'gateway' },
    });
    expect(valuesOf(passages[0]!.seen?.headers, 'x-user')).toEqual(['caller']);
    expect(JSON.stringify(passages.map(({ seen }) => seen))).not.toContain(token);
    // The actor token, and the exchange.
    expect(tokenRequests() - before).toBe(2);
    await gateway.recorded(20);
    expect(gateway.records[0]!.clientUsername).toBe('caller');
  });

  it('refuses a token that the server does not know, and a request without one', async () => {
    const { send } = await startGatewayWith({ auth: exchange(server.url) });
    const refused = await send('/', bearer('guess'));
    expect([refused.status, refused.seen]).toEqual([401, undefined]);
    expect(valuesOf(refused.headers, 'www-authenticate')).toEqual([
      'Bearer realm="grantgate", error="invalid_token", error_description="The token is not accepted."',
    ]);
    expect(refused.body).not.toContain('guess');
    const missing = await send('/');
    expect([missing.status, valuesOf(missing.headers, 'www-authenticate')]).toEqual([
      401,
      ['Bearer realm="grantgate"'],
    ]);
  });

  it('responds 502 when the server refuses the gateway', async () => {
    const { send } = await startGatewayWith({ auth: exchange(server.url, { clientSecret: 'wrong' }) });
    const refused = await send('/', bearer(await server.issue(caller)));
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      502,
      { code: 'gateway_credentials_refused' },
    ]);
  });

  it.each([
    [{ query: 'access_token' }, '/a?access_token=TOKEN&b=1', [], '/a?b=1'],
    [{ cookie: 'token' }, '/a', ['Cookie', 'x=1; token=TOKEN'], '/a'],
    [{ header: 'X-Token' }, '/a', ['X-Token', 'TOKEN'], '/a'],
  ] as const)('takes the token from %j', async (tokenSource, target, header, seen) => {
    const scripted = await startExchanges();
    const { send } = await startGatewayWith({ auth: exchange(scripted.url, { tokenSource }) });
    const fill = (text: string): string => text.replace('TOKEN', 'secret-one');
    const passage = await send(fill(target), header.length === 0 ? [] : [[header[0], fill(header[1])]]);
    expect([passage.status, passage.seen?.target]).toEqual([200, seen]);
    expect(valuesOf(passage.seen?.headers, 'authorization')).toEqual(['Bearer new-of-secret-one']);
    expect(JSON.stringify(passage.seen).replace('new-of-secret-one', '')).not.toContain('secret-one');
  });

  it('exchanges once per subject for all workers of a machine, and drops purged tokens', async () => {
    const scripted = await startExchanges();
    const store = createMemoryStore({ clock: systemClock });
    const compile = () => {
      const local = { store, secret: Buffer.alloc(32, 1), events: createChannel<StoreEvent>() };
      const stores = createStores({ clock: systemClock, local });
      return compileMiddlewares({ auth: exchange(scripted.url) }, systemClock, stores).steps[0]!;
    };
    const workers = [compile(), compile()] as const;
    onTestFinished(async () => {
      for (const step of workers) await step.close?.();
    });
    const request = (token: string) =>
      ({ authorization: `Bearer ${token}`, target: '/', header: () => undefined }) as never;
    const subjects = Array.from({ length: 100 }, (_, at) => `subject-${at}`);
    for (const { onRequest } of workers)
      for (const [at, result] of (
        await Promise.all(subjects.map(async (subject) => onRequest(request(subject))))
      ).entries())
        expect(result).toMatchObject({ setHeaders: ['authorization', `Bearer new-of-subject-${at}`] });
    expect(scripted.requests).toHaveLength(100);
    expect(workers.map(({ tally }) => tally)).toMatchObject([
      { store: 0, server: 100 },
      { store: 100, server: 0 },
    ]);
    expect(workers[0].purge!()).toBe(100);
    await workers[0].onRequest(request('subject-7'));
    expect(scripted.requests).toHaveLength(101);
  });

  it('reports each invalid option at its place', () => {
    const { problems, steps } = compileMiddlewares(`auth:
  plugin:
    oAuthTokenExchange:
      method: entraID
      url: nonsense
      clientSecret: secret
      rfc8693:
        subjectTokenType: jwt
      endpointParams: { actor_token: x }
`);
    expect(steps).toEqual([]);
    expect(problems).toEqual(
      expect.arrayContaining([
        '5:9 auth@file.clientID: is required',
        '5:9 auth@file.entraID.scopes: is required with method entraID',
        '7:16 auth@file.url: expected an absolute https or http URL',
        '9:11 auth@file.rfc8693: method entraID does not use it',
        '10:31 auth@file.rfc8693.subjectTokenType: expected a URI, such as urn:ietf:params:oauth:token-type:access_token (RFC 8693 section 3)',
        '11:42 auth@file.endpointParams.actor_token: is set by the option rfc8693.actorToken',
      ]),
    );
  });
});

describe('oAuthTokenExchange, after another step', () => {
  const signingSecret = 'a secret of thirty-two characters';
  const sign = (sub: string): Promise<string> =>
    new SignJWT({ sub, client_id: 'shop' })
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience('orders')
      .setExpirationTime('1h')
      .sign(Buffer.from(signingSecret));
  const jwtOptions = { signingSecret, algorithms: ['HS256'], audience: 'orders' };

  it.each([false, true])(
    'exchanges the token that jwt has verified, with forwardAuthorization %s',
    async (forwardAuthorization) => {
      const scripted = await startExchanges();
      const { send } = await startGatewayWith({
        jwt: { plugin: { jwt: { ...jwtOptions, forwardAuthorization } } },
        auth: exchange(scripted.url),
      });
      const tokens = await Promise.all(['ada', 'bob'].map(sign));
      for (const token of [...tokens, ...tokens]) {
        const passage = await send('/', bearer(token));
        expect(passage.status).toBe(200);
        expect(valuesOf(passage.seen?.headers, 'authorization')).toEqual([`Bearer new-of-${token}`]);
      }
      expect(scripted.requests).toHaveLength(2);
      expect((await send('/', bearer('guess'))).status).toBe(401);
      expect(scripted.requests).toHaveLength(2);
    },
  );

  it('exchanges the token beside the key of apiKey', async () => {
    const scripted = await startExchanges();
    const hash = createHash('sha256').update('key').digest('base64');
    const { send, gateway } = await startGatewayWith({
      key: {
        plugin: {
          apiKey: {
            keySource: { header: 'X-Key' },
            secretNonBase64Encoded: true,
            secretValues: [`ada:{SHA256}${hash}`],
          },
        },
      },
      auth: exchange(scripted.url),
    });
    const passage = await send('/', [['X-Key', 'key'], ...bearer('old')]);
    expect(valuesOf(passage.seen?.headers, 'authorization')).toEqual(['Bearer new-of-old']);
    expect(valuesOf(passage.seen?.headers, 'x-key')).toEqual([]);
    await gateway.recorded(1);
    expect(gateway.records[0]).toMatchObject({ clientUsername: 'ada' });
    expect((await send('/', [['X-Key', 'key']])).status).toBe(401);
  });

  it('keeps the client that the other step has named', async () => {
    const scripted = await startExchanges();
    const { send, gateway } = await startGatewayWith({
      jwt: { plugin: { jwt: { ...jwtOptions, usernameClaim: 'sub' } } },
      auth: exchange(scripted.url),
    });
    await send('/', bearer(await sign('ada')));
    await gateway.recorded(1);
    expect(gateway.records[0]).toMatchObject({ clientUsername: 'ada' });
  });

  it('exchanges the token that oAuthIntrospection has verified', async () => {
    const { send } = await startGatewayWith({
      intro: {
        plugin: {
          oAuthIntrospection: {
            clientConfig: { url: server.introspectionUrl },
            clientID: 'gateway',
            clientSecret: 'gateway-secret',
          },
        },
      },
      auth: exchange(server.url),
    });
    expect(await claimsOf(await send('/', bearer(await server.issue(caller))))).toMatchObject({
      sub: 'caller',
    });
  });

  it('exchanges the token that oAuthClientCredentials has obtained for the caller', async () => {
    const { send } = await startGatewayWith({
      client: { plugin: { oAuthClientCredentials: { url: server.url } } },
      auth: exchange(server.url),
    });
    const pair = Buffer.from('caller:caller-secret').toString('base64');
    const passage = await send('/', [['Authorization', `Basic ${pair}`]]);
    expect(await claimsOf(passage)).toMatchObject({ sub: 'caller', client_id: 'gateway' });
  });

  it('ignores the token of a request whose caller no step has authenticated', async () => {
    const scripted = await startExchanges();
    const { send } = await startGatewayWith({
      removed: { headers: { customRequestHeaders: { Authorization: '' } } },
      auth: exchange(scripted.url),
    });
    expect((await send('/', bearer('a'))).status).toBe(401);
    expect(scripted.requests).toHaveLength(0);
  });
});
