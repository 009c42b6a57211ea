import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createFakeClock, skipWaitsBelow } from '../../../testkit/src/fake-clock.ts';
import { json, startScriptedServer, type Script } from '../../../testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../../testkit/src/token-server.ts';
import { systemClock } from '../base/clock.ts';
import { createChannel } from '../base/channel.ts';
import { createMemoryStore } from '../cache/memory-store.ts';
import type { StoreEvent } from '../cache/store-event.ts';
import { createStores } from '../cache/stores.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import type { Decision } from '../decision/decision.ts';
import type { CallerProofs } from '../jwt/binding.ts';
import { createIntrospectionAuthenticator } from './create-introspection-authenticator.ts';
import { parseIntrospection } from './parse.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

const bearer = (token: string): CredentialRequest => ({
  authorization: `Bearer ${token}`,
  target: '/',
  header: () => undefined,
});

const proofs: CallerProofs<CredentialRequest> = {
  certificateThumbprint: ({ target }) => (target === '/certified' ? 'thumb' : undefined),
  proof: () => undefined,
  method: () => 'GET',
  url: () => 'https://api.example/',
};

const own = { clientID: 'gateway', clientSecret: 'gateway-secret' };

/** An authenticator whose waits between attempts take no time. */
function connect(url: string, more: object = {}, stores?: ReturnType<typeof createStores>) {
  const clock = createFakeClock();
  const { clientConfig = {}, ...others } = more as { readonly clientConfig?: object };
  const { options, problems } = parseIntrospection({
    ...own,
    clientConfig: { url, maxRetries: 0, timeoutSeconds: 3600, ...clientConfig },
    ...others,
  });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const authenticator = createIntrospectionAuthenticator<CredentialRequest>(options!, {
    clock: skipWaitsBelow(60_000, clock),
    stores,
    proofs,
  });
  closes.push(() => authenticator.close());
  return {
    ...authenticator,
    clock,
    decide: async (token: string): Promise<Decision> => authenticator.decide(bearer(token)),
    decideOn: authenticator.decide,
  };
}

async function start(...script: Script) {
  const server = await startScriptedServer(...script);
  closes.push(() => server.close());
  return server;
}

/** Seconds since the epoch on the fake clock. */
const nowSeconds = Date.UTC(2026, 0, 1) / 1000;
/** A response without `Date`, so that the fake clock also counts as the server's. */
const respond =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Script[number] =>
  (response) => {
    response.sendDate = false;
    json(response, status, body, headers);
  };
const active = { active: true, client_id: 'caller', exp: nowSeconds + 3600 };

describe('a certified authorization server', () => {
  const gateway = { clientId: 'gateway', clientSecret: 'gateway-secret' };
  const caller = { clientId: 'caller', clientSecret: 'caller-secret' };
  let server: TokenServer;
  beforeAll(async () => {
    server = await startTokenServer([gateway, caller]);
  });
  afterAll(() => server.close());

  it('identifies the owner of a token until it is revoked', async () => {
    const { options } = parseIntrospection({
      ...own,
      clientConfig: { url: server.introspectionUrl },
      forwardHeaders: { 'X-Client': 'client_id' },
      issuers: [server.issuer],
      maxCacheSeconds: 0,
    });
    const authenticator = createIntrospectionAuthenticator<CredentialRequest>(options!, {
      clock: systemClock,
      proofs,
    });
    onTestFinished(() => authenticator.close());
    const token = await server.issue(caller);
    expect(await authenticator.decide(bearer(token))).toMatchObject({
      allowed: true,
      subject: { clientId: 'caller' },
      setHeaders: ['X-Client', 'caller'],
    });
    await server.revoke(caller, token);
    expect(await authenticator.decide(bearer(token))).toMatchObject({ code: 'token_invalid', status: 401 });
    expect(await authenticator.decide(bearer('nonsense'))).toMatchObject({ code: 'token_invalid' });
  });

  it('accepts each supported authentication of the gateway', async () => {
    const { options } = parseIntrospection({
      clientID: 'gateway',
      clientSecret: 'wrong',
      clientConfig: { url: server.introspectionUrl, maxRetries: 0 },
    });
    const authenticator = createIntrospectionAuthenticator<CredentialRequest>(options!, {
      clock: systemClock,
      proofs,
    });
    onTestFinished(() => authenticator.close());
    const token = await server.issue(caller);
    expect(await authenticator.decide(bearer(token))).toMatchObject({
      code: 'gateway_credentials_refused',
      status: 502,
      challenge: undefined,
    });
  });
});

describe('an introspection request', () => {
  it('has the token, its type and the credentials of the gateway', async () => {
    const server = await start(respond(active));
    const { decide } = connect(server.url, {
      clientConfig: { tokenTypeHint: 'access_token', headers: { 'X-Tenant': 'a' } },
    });
    expect(await decide('opaque|token!')).toMatchObject({ allowed: true });
    const [request] = server.requests;
    expect(Object.fromEntries(request!.body)).toEqual({
      token: 'opaque|token!',
      token_type_hint: 'access_token',
    });
    expect(request!.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('gateway:gateway-secret').toString('base64')}`,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'x-tenant': 'a',
    });
  });

  it('has the header Authorization of the options instead of a client', async () => {
    const server = await start(respond(active));
    const authorization = 'Bearer resource-server';
    const { decide } = connect(server.url, {
      clientID: '',
      clientSecret: '',
      clientConfig: { headers: { authorization } },
    });
    expect(await decide('t')).toMatchObject({ allowed: true });
    expect(server.requests[0]!.headers).toMatchObject({ authorization });
    expect(Object.fromEntries(server.requests[0]!.body)).toEqual({ token: 't' });
  });

  it('is sent once for a hundred concurrent requests', async () => {
    const server = await start(respond(active));
    const { decide } = connect(server.url);
    const decisions = await Promise.all(Array.from({ length: 100 }, () => decide('t')));
    expect(new Set(decisions).size).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  it('is sent again after a temporary failure, and callers get a Retry-After', async () => {
    const server = await start(respond({}, 503), respond(active), respond({}, 503, { 'retry-after': '30' }));
    const { decide } = connect(server.url, { clientConfig: { maxRetries: 1 } });
    expect(await decide('a')).toMatchObject({ allowed: true });
    expect(await decide('b')).toMatchObject({ status: 503, retryAfterSeconds: 30 });
    // The server's response concerns every token.
    expect(await decide('c')).toMatchObject({ code: 'authorization_server_unavailable', status: 503 });
    expect(server.requests).toHaveLength(3);
    expect(await decide('a')).toMatchObject({ allowed: true });
  });

  it('is suspended while the endpoint fails for accepted tokens; guesses suspend nothing', async () => {
    const down: Script[number] = (response, request) =>
      respond(active, request.body.get('token')!.startsWith('good') ? 200 : 500)(response, request);
    const server = await start(down);
    const { decide } = connect(server.url);
    for (let at = 0; at < 10; at += 1) expect(await decide(`guess-${at}`)).toMatchObject({ status: 503 });
    expect(await decide('good')).toMatchObject({ allowed: true });
  });
});

describe('an introspection response', () => {
  it.each<[string, Script[number]]>([
    ['HTML', (response) => response.end('<html>login</html>')],
    ['nothing', (response) => response.end()],
    ['an array', respond([active])],
    ['no active', respond({ client_id: 'a' })],
    ['active as text', respond({ ...active, active: 'true' })],
    ['active as a number', respond({ ...active, active: 1 })],
    ['exp as text', respond({ ...active, exp: '99999999999' })],
    ['a redirect', respond(active, 302, { location: 'http://127.0.0.1/' })],
    ['part of a response', respond(active, 206)],
  ])('that is %s refuses every caller, without blaming the caller', async (_what, step) => {
    const server = await start(step);
    expect(await connect(server.url).decide('t')).toMatchObject({
      allowed: false,
      code: 'token_response_invalid',
      status: 502,
    });
  });

  it.each([401, 403])('with status %i concerns the gateway, not the caller', async (status) => {
    const server = await start(respond({ error: 'invalid_client' }, status));
    expect(await connect(server.url).decide('t')).toMatchObject({
      code: 'gateway_credentials_refused',
      status: 502,
      challenge: undefined,
    });
  });

  it('that is not active is a refusal, which is cached for five seconds', async () => {
    const server = await start(respond({ active: false }));
    const { decide, clock } = connect(server.url);
    const refusal = {
      code: 'token_invalid',
      status: 401,
      challenge: expect.stringContaining('error="invalid_token"') as string,
    };
    expect(await decide('t')).toMatchObject(refusal);
    expect(await decide('t')).toMatchObject(refusal);
    expect(server.requests).toHaveLength(1);
    await clock.advance(5_000);
    await decide('t');
    expect(server.requests).toHaveLength(2);
  });

  it('contains more about an active token than about an inactive one', async () => {
    const server = await start(respond({ ...active, active: false }));
    const { decide } = connect(server.url, { forwardHeaders: { 'X-Client': 'client_id' } });
    expect(await decide('t')).toMatchObject({ allowed: false });
  });

  it('is used until exp, and no longer than maxCacheSeconds', async () => {
    const server = await start(respond({ ...active, exp: nowSeconds + 30 }), respond(active));
    const { decide, clock } = connect(server.url, { maxCacheSeconds: 100 });
    await decide('t');
    await clock.advance(29_999);
    expect(await decide('t')).toMatchObject({ allowed: true });
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await decide('t');
    expect(server.requests).toHaveLength(2);
    await clock.advance(99_999);
    await decide('t');
    expect(server.requests).toHaveLength(2);
    await clock.advance(1);
    await decide('t');
    expect(server.requests).toHaveLength(3);
  });

  it('is used once when maxCacheSeconds is 0', async () => {
    const server = await start(respond(active));
    const { decide } = connect(server.url, { maxCacheSeconds: 0 });
    for (let at = 0; at < 3; at += 1) expect(await decide('t')).toMatchObject({ allowed: true });
    expect(server.requests).toHaveLength(3);
  });

  it('of a token that has expired by the clock of the server is a refusal', async () => {
    const server = await start(respond({ ...active, exp: nowSeconds - 1 }));
    expect(await connect(server.url).decide('t')).toMatchObject({ code: 'token_invalid' });
  });

  it.each([
    [{ issuers: ['https://as.example'] }, { iss: 'https://other.example' }],
    [{ issuers: ['https://as.example'] }, {}],
    [{ audience: 'api' }, { aud: 'other' }],
    [{ audience: 'api' }, { aud: ['other', 'apis'] }],
    [{ audience: ['api', 'api2'] }, {}],
  ])('must match %j: %j does not', async (rules, members) => {
    const server = await start(respond({ ...active, ...members }));
    const decision = await connect(server.url, rules).decide('t');
    expect(decision).toMatchObject({ code: 'token_invalid', status: 401 });
    expect(JSON.stringify(decision)).toMatch(/reason":"(iss|aud) is /);
  });

  it.each([
    { typ: 'Refresh' },
    { token_use: 'refresh_token' },
    { token_type: 'refresh_token' },
    { typ: 'ID' },
  ])('of an active token that is not an access token is a refusal: %j', async (members) => {
    const server = await start(respond({ ...active, ...members }));
    expect(await connect(server.url).decide('t')).toMatchObject({
      code: 'token_invalid',
      detail: 'The token is not an access token.',
    });
  });

  it.each([
    { typ: 'Bearer' },
    { token_use: 'access' },
    { token_type: 'Bearer' },
    { token_use: 'access_token' },
  ])('of an access token is accepted: %j', async (members) => {
    const server = await start(respond({ ...active, ...members }));
    expect(await connect(server.url).decide('t')).toMatchObject({ allowed: true });
  });

  it('of a token that is bound to its caller requires the proof of each request', async () => {
    const bound = { ...active, cnf: { 'x5t#S256': 'thumb' } };
    const server = await start(respond(bound), respond({ ...active, cnf: { jkt: 'key' } }));
    const { decide, decideOn } = connect(server.url);
    expect(await decide('certified')).toMatchObject({ code: 'token_invalid' });
    expect(await decideOn({ ...bearer('certified'), target: '/certified' })).toMatchObject({ allowed: true });
    expect(await decide('certified')).toMatchObject({ code: 'token_invalid' });
    expect(await decide('of-a-key')).toMatchObject({ code: 'token_invalid' });
  });

  it('is accepted with the expected issuer and audience', async () => {
    const server = await start(respond({ ...active, iss: 'https://as.example', aud: ['x', 'api'] }));
    const { decide } = connect(server.url, { issuers: 'https://as.example', audience: ['api', 'api2'] });
    expect(await decide('t')).toMatchObject({ allowed: true });
  });

  it('decides by its members, with every digit as the server wrote it', async () => {
    const server = await start((response) =>
      response.end('{"active":true,"grp":"admin","n":12345678901234567890}'),
    );
    const { decide } = connect(server.url, {
      claims: 'Equals(`grp`, `admin`)',
      forwardHeaders: { 'X-N': 'n' },
      usernameClaim: 'grp',
    });
    expect(await decide('t')).toMatchObject({
      allowed: true,
      subject: { username: 'admin' },
      setHeaders: ['X-N', '12345678901234567890'],
    });
    expect(await connect(server.url, { claims: 'Equals(`grp`, `guest`)' }).decide('t')).toMatchObject({
      code: 'claims_not_satisfied',
      status: 403,
    });
  });
});

describe('a store', () => {
  const secret = Buffer.alloc(32, 7);
  /** Two processes that share the memory of a third. */
  function share() {
    const store = createMemoryStore({ clock: systemClock });
    const entries: Buffer[] = [];
    const watched = {
      ...store,
      set: async (key: string, value: Uint8Array, ttlMs: number) => {
        entries.push(Buffer.from(key), Buffer.from(value));
        await store.set(key, value, ttlMs);
      },
    };
    const open = () =>
      createStores({
        clock: systemClock,
        local: { store: watched, secret, events: createChannel<StoreEvent>() },
      });
    return { open, entries };
  }

  function connectReal(url: string, stores: ReturnType<typeof createStores>) {
    const { options } = parseIntrospection({ ...own, clientConfig: { url, maxRetries: 0 } });
    const authenticator = createIntrospectionAuthenticator<CredentialRequest>(options!, {
      clock: systemClock,
      stores,
      proofs,
    });
    closes.push(() => authenticator.close());
    return { ...authenticator, decide: async (token: string) => authenticator.decide(bearer(token)) };
  }

  it('lets one process introspect for all, and contains neither tokens nor responses in clear text', async () => {
    const server = await start((response) => json(response, 200, { active: true, client_id: 'caller' }));
    const { open, entries } = share();
    const processes = Array.from({ length: 4 }, () => connectReal(server.url, open()));
    const decisions = await Promise.all(processes.map(({ decide }) => decide('the-secret-token')));
    expect(decisions.every(({ allowed }) => allowed)).toBe(true);
    expect(server.requests).toHaveLength(1);
    const held = Buffer.concat(entries).toString('latin1');
    expect(entries.length).toBeGreaterThan(0);
    for (const text of ['the-secret-token', 'caller', 'eyJ', Buffer.from('"caller"').toString('base64')])
      expect(held).not.toContain(text);
  });

  it('shares negative responses, and drops purged ones', async () => {
    let isActive = false;
    const server = await start((response) => json(response, 200, { active: isActive }));
    const { open } = share();
    const [one, two] = [connectReal(server.url, open()), connectReal(server.url, open())];
    expect(await one.decide('t')).toMatchObject({ code: 'token_invalid' });
    expect(await two.decide('t')).toMatchObject({ code: 'token_invalid' });
    expect(server.requests).toHaveLength(1);
    isActive = true;
    two.purge();
    expect(await two.decide('t')).toMatchObject({ allowed: true });
    expect(server.requests).toHaveLength(2);
  });

  it('does not share responses between different clients', async () => {
    const server = await start((response) => json(response, 200, { active: true }));
    const { open } = share();
    await connectReal(server.url, open()).decide('t');
    const { options } = parseIntrospection({
      clientID: 'other',
      clientSecret: 'x',
      clientConfig: { url: server.url },
    });
    const other = createIntrospectionAuthenticator<CredentialRequest>(options!, {
      clock: systemClock,
      stores: open(),
      proofs,
    });
    closes.push(() => other.close());
    await other.decide(bearer('t'));
    expect(server.requests).toHaveLength(2);
  });
});

describe('a refusal', () => {
  it('has a challenge with the scheme of tokenSource, and the scopes that claims require', async () => {
    const server = await start(respond({ ...active, scope: 'a' }));
    const { decide, decideOn } = connect(server.url, { claims: 'SplitContains(`scope`, ` `, `b`)' });
    expect(await decide('t')).toMatchObject({ status: 403, challenge: expect.stringMatching(/scope="b"$/) as string });
    const other = connect(server.url, { tokenSource: { header: 'Authorization', headerAuthScheme: 'Token' } });
    expect(await other.decideOn({ authorization: undefined, target: '/', header: () => undefined })).toMatchObject({ status: 401, challenge: 'Token realm="grantgate"' });
    expect(await decideOn({ authorization: undefined, target: '/', header: () => undefined })).toMatchObject({ challenge: 'Bearer realm="grantgate", scope="b"' });
  }); // prettier-ignore
});
