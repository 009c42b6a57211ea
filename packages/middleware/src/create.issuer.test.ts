import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../testkit/src/fake-clock.ts';
import { until } from '../../testkit/src/until.ts';
import { createMemoryStore } from './cache/memory-store.ts';
import { createStores } from './cache/stores.ts';
import { createAuthenticator, type Authenticator, type AuthenticatorParts } from './create.ts';
import type { MaybePromise } from './base/maybe-promise.ts';
import type { Decision } from './decision/decision.ts';
import type { ClientCredentialsFields } from './options/input.ts';
import { createFetch, createTokenSource } from './outgoing/outgoing.ts';
import { createTestAuthority } from '../../testkit/src/certificates.ts';
import type { DiscoveryEvent } from './token/discovery/discovery-event.ts';
import { startIssuer, type TestIssuer } from './token/discovery/issuer.testkit.ts';
import { Provider } from '../../testkit/src/oidc-provider.ts';
import { findClosedPort, json } from '../../testkit/src/scripted-server.ts';

const hour = 3_600_000;
const own = { clientID: 'app', clientSecret: 'app-secret' };
const clock = createFakeClock();
const closing: (() => unknown)[] = [];
let server: TestIssuer;
beforeEach(async () => {
  server = await startIssuer();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await server.close();
});

type IssuerOptions = Partial<ClientCredentialsFields> & { readonly url?: string; readonly issuer?: string };
function open(options: IssuerOptions = {}, parts: AuthenticatorParts = {}): Authenticator {
  const authenticator = createAuthenticator(
    { issuer: server.issuer, ...own, ...options },
    { clock, onDiscovery: () => {}, ...parts },
  );
  closing.push(() => authenticator.close());
  return authenticator;
}
/** The token for a request, or the code of its refusal. */
const resultOf = (decision: Decision): string | undefined =>
  decision.allowed ? decision.setHeaders[1]?.replace('Bearer ', '') : decision.code;
const ask = async (authenticator: Authenticator): Promise<string | undefined> =>
  resultOf(await authenticator.decide({ authorization: undefined }));
const listen = async (made: Server | ReturnType<typeof createHttpsServer>): Promise<number> => {
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    made.closeAllConnections();
    return new Promise((resolve) => made.close(resolve));
  });
  return (made.address() as AddressInfo).port;
};

describe('a middleware with an issuer', () => {
  it.each(['', '/tenant'])('requests tokens of oidc-provider at %j', async (path) => {
    const paths: (string | undefined)[] = [];
    const front = createServer();
    const issuer = `http://127.0.0.1:${await listen(front)}${path}`;
    const provider = new Provider(issuer, {
      clients: [{ client_id: 'app', client_secret: 'app-secret', grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }],
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
      cookies: { keys: ['test'] },
    }); // prettier-ignore
    const handle = provider.callback();
    front.on('request', (request, response) => {
      paths.push(request.url);
      // As Express mounts an application below a path.
      if (request.url?.startsWith(`${path}/`) !== true) response.writeHead(404).end();
      else {
        Object.assign(request, { originalUrl: request.url, baseUrl: path });
        request.url = request.url.slice(path.length);
        void handle(request, response);
      }
    });
    expect(await ask(open({ issuer }))).toMatch(/^[\w-]{43}$/);
    expect(paths).toEqual([
      `/.well-known/oauth-authorization-server${path}`,
      ...(path === '' ? [] : [`${path}/.well-known/openid-configuration`]),
      `${path}/token`,
    ]);
  });

  it('starts while the server is down, refuses meanwhile, and recovers', async () => {
    const port = await findClosedPort();
    const issuer = `http://127.0.0.1:${port}`;
    const events: DiscoveryEvent[] = [];
    const authenticator = open(
      { issuer, clientConfig: { maxRetries: 0 } },
      { onDiscovery: (event) => void events.push(event) },
    );
    expect(events).toEqual([]);
    for (let at = 0; at < 2; at += 1)
      expect(await authenticator.decide({ authorization: undefined })).toMatchObject({
        status: 503,
        code: 'authorization_server_unavailable',
        detail: 'cannot reach the issuer: connection refused',
        retryAfterSeconds: 1,
      });
    const again = createServer((request, response) => {
      if (request.url === '/.well-known/oauth-authorization-server')
        json(response, 200, { issuer, token_endpoint: `${issuer}/token` });
      else json(response, 200, { access_token: 'late', token_type: 'Bearer', expires_in: 60 });
    });
    await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
    closing.push(() => {
      again.closeAllConnections();
      again.close();
    });
    await clock.advance(1000);
    expect(await ask(authenticator)).toBe('late');
    expect(events.map(({ kind }) => kind)).toEqual(['failed', 'discovered', 'recovered']);
  });

  it('refuses with 502 when the metadata are of another issuer, and names both only to operators', async () => {
    server.publish({ issuer: 'https://evil.example' });
    const decision = await open().decide({ authorization: undefined });
    expect(decision).toMatchObject({
      status: 502,
      code: 'token_response_invalid',
      detail: 'the metadata of the issuer is invalid',
    });
    const { reason = '' } = decision.allowed ? {} : decision;
    expect(reason).toContain(`issuer is "https://evil.example", expected "${server.issuer}"`);
    expect(server.paths()).not.toContain('/token');
  });

  it('sends no secret to an http endpoint of another host', async () => {
    const other = await startIssuer();
    closing.push(() => other.close());
    server.publish({ token_endpoint: other.origin.replace('127.0.0.1', 'other.example') });
    expect(await ask(open())).toBe('token_response_invalid');
  });

  it('discovers once for a hundred concurrent first callers', async () => {
    server.publish();
    const authenticator = open({ clientID: undefined, clientSecret: undefined });
    const callers = Array.from({ length: 100 }, (_, at) => `Basic ${Buffer.from(`c${at}:s`).toString('base64')}`);
    const decisions = await Promise.all(callers.map(async (authorization) => authenticator.decide({ authorization })));
    expect(decisions.every(({ allowed }) => allowed)).toBe(true);
    expect(server.paths().filter((path) => path !== '/token')).toEqual([server.oauthPath]);
  }); // prettier-ignore

  it('decides from memory without a wait, even when the metadata have expired and the server is down', async () => {
    server.publish({}, { 'cache-control': 'max-age=300' });
    const authenticator = open();
    expect(await ask(authenticator)).toBe('t1');
    await server.close();
    await clock.advance(hour / 2);
    const decision: MaybePromise<Decision> = authenticator.decide({ authorization: undefined });
    expect(decision).toMatchObject({ allowed: true });
    expect(server.requests).toHaveLength(2);
  });

  it('keeps its tokens when the endpoint moves, and requests the next one there', async () => {
    server.publish({}, { 'cache-control': 'max-age=300' });
    server.on('/moved', (response) => json(response, 200, { access_token: 'm', token_type: 'Bearer' }));
    const authenticator = open();
    expect(await ask(authenticator)).toBe('t1');
    server.publish({ token_endpoint: `${server.origin}/moved` });
    await clock.advance(hour / 2);
    expect(await ask(authenticator)).toBe('t1');
    await clock.advance(hour);
    expect(await ask(authenticator)).toBe('m');
  });

  it('finds a moved endpoint after one failure, however long the metadata may be cached', async () => {
    server.publish({}, { 'cache-control': 'max-age=86400' });
    const authenticator = open({ clientConfig: { maxRetries: 0 } });
    await ask(authenticator);
    await clock.advance(2 * hour);
    server.publish({ token_endpoint: `${server.origin}/moved` });
    server.on('/token', (response) => void response.writeHead(404).end());
    server.on('/moved', (response) => json(response, 200, { access_token: 'm', token_type: 'Bearer' }));
    expect(await ask(authenticator)).toBe('authorization_server_unavailable');
    expect(await until(async () => (await ask(authenticator)) === 'm' && 'm')).toBe('m');
  });

  it('shares tokens with replicas that lack the metadata, separately from those of url', async () => {
    server.publish();
    const memory = createMemoryStore({ clock });
    const secret = '0123456789abcdef';
    const store = { secret, redis: { endpoints: ['redis.example:6379'] } };
    const replica = (options: IssuerOptions) =>
      open({ store, ...options }, { stores: createStores({ clock, open: () => memory }) });
    expect(await ask(replica({}))).toBe('t1');
    await until(async () => (await ask(replica({}))) === 't1');
    const requests = server.requests.length;
    expect(await ask(replica({ clientConfig: { maxRetries: 0 } }))).toBe('t1');
    expect(server.requests).toHaveLength(requests);
    expect(await ask(replica({ issuer: '', url: `${server.origin}/token` }))).toBe('t2');
  });

  it('tries the method first that the metadata name', async () => {
    server.publish({ token_endpoint_auth_methods_supported: ['client_secret_post'] });
    await ask(open());
    const { headers, body } = server.requests.at(-1) ?? {};
    expect(headers?.authorization).toBeUndefined();
    expect(body?.get('client_secret')).toBe('app-secret');
  });

  it('addresses assertions to the endpoint that was discovered', async () => {
    server.publish();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const authenticator = open({
      clientSecret: undefined,
      clientAuthentication: 'private_key_jwt',
      clientConfig: { assertion: { key } },
    });
    expect(await ask(authenticator)).toBe('t1');
    const assertion = server.requests.at(-1)?.body.get('client_assertion') ?? '';
    expect(decodeJwt(assertion).aud).toBe(`${server.origin}/token`);
  });

  it('uses the alias for mutual TLS with a certificate, and the plain endpoint without', async () => {
    const authority = createTestAuthority();
    const asked: string[] = [];
    let document: object = {};
    const https = createHttpsServer(
      { ...authority.issue('server', ['127.0.0.1']), ca: [authority.cert], requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        asked.push(request.url ?? '');
        if (request.method === 'GET') json(response, 200, document);
        else json(response, 200, { access_token: 't', token_type: 'Bearer' });
      },
    ); // prettier-ignore
    const issuer = `https://127.0.0.1:${await listen(https)}`;
    document = {
      issuer,
      token_endpoint: `${issuer}/plain`,
      mtls_endpoint_aliases: { token_endpoint: `${issuer}/mutual` },
    };
    const tls = { ca: authority.cert };
    expect(await ask(open({ issuer, clientConfig: { tls } }))).toBe('t');
    const { cert, key } = authority.issue('app');
    const certified = {
      clientSecret: undefined,
      clientAuthentication: 'tls_client_auth',
      clientConfig: { tls: { ...tls, cert, key } },
    } as const;
    expect(await ask(open({ issuer, ...certified }))).toBe('t');
    const wellKnown = '/.well-known/oauth-authorization-server';
    expect(asked).toEqual([wellKnown, '/plain', wellKnown, '/mutual']);
  });

  it('warns the process once of an outage without a listener', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const issuer = `http://127.0.0.1:${await findClosedPort()}`;
    const authenticator = open({ issuer, clientConfig: { maxRetries: 0 } }, { onDiscovery: undefined });
    await ask(authenticator);
    expect(await warned).toMatchObject({
      name: 'GrantgateWarning',
      code: 'discovery_failed',
      message: `the metadata of the issuer ${issuer} cannot be used, token requests fail: cannot reach the issuer: connection refused`,
    });
  });

  it('ends a request in flight before it closes', async () => {
    server.publish();
    let release = (): void => {};
    server.on(server.oauthPath, (response) => {
      release = () => json(response, 200, server.metadata());
    });
    const authenticator = open();
    const result = ask(authenticator);
    await server.received(1);
    const closed = authenticator.close();
    release();
    expect(await result).toBe('t1');
    await closed;
    expect(await ask(authenticator)).toBe('authorization_server_unavailable');
  });
});

describe('outgoing calls', () => {
  it('carry tokens of an issuer', async () => {
    server.publish();
    const seen: (string | undefined)[] = [];
    const port = await listen(
      createServer((request, response) => {
        seen.push(request.headers.authorization);
        response.end();
      }),
    );
    const source = createTokenSource({ issuer: server.issuer, ...own }, { clock });
    closing.push(() => source.close());
    await createFetch(source)(`http://127.0.0.1:${port}/`);
    expect(seen).toEqual(['Bearer t1']);
  });
});
