import { createHash } from 'node:crypto';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startEchoServer,
  valuesOf,
  type Echo,
  type EchoServer,
} from '../../packages/testkit/src/echo-server.ts';
import {
  json,
  startScriptedServer,
  type ScriptedServer,
} from '../../packages/testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../packages/testkit/src/token-server.ts';
import { createExtAuthzClient, type CheckResponse } from '../conformance/ext-authz-client.testkit.ts';
import { changes } from '../conformance/beside-examples.testkit.ts';
import { proxies, type Proxy, type ProxyName } from './beside-proxies.testkit.ts';
import { startExample, type Beside } from './beside.testkit.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

const own = { clientId: 'gateway', clientSecret: 'gateway-secret' };
const callers = {
  ada: { clientId: 'ada', clientSecret: 'ada-secret' },
  bob: { clientId: 'bob', clientSecret: 'bob-secret' },
};
type CallerName = keyof typeof callers;
const issuer = 'https://as.example';
const keyPair = await generateKeyPair('ES256');
const keyOf = (caller: string): string => `${caller}-key-of-40-characters-0123456789abcdef`;
const saltedHash = (key: string): string =>
  `{SSHA256}${Buffer.concat([createHash('sha256').update(key).update('salt').digest(), Buffer.from('salt')]).toString('base64')}`;

let server: TokenServer;
let keys: ScriptedServer;
let service: EchoServer;
beforeAll(async () => {
  server = await startTokenServer([own, ...Object.values(callers)]);
  const jwk = { ...(await exportJWK(keyPair.publicKey)), alg: 'ES256', kid: 'one' };
  keys = await startScriptedServer((response) => json(response, 200, { keys: [jwk] }));
  service = await startEchoServer();
});
afterAll(() => Promise.all([server.close(), keys.close(), service.close()]));

const sign = (sub: string): Promise<string> =>
  new SignJWT({ sub })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience('orders')
    .setExpirationTime('5m')
    .sign(keyPair.privateKey);

interface CallerKind {
  readonly name: string;
  /** Credential of a caller that is accepted. */
  readonly issue: (caller: CallerName) => Promise<string>;
  /** A credential of the same form that is refused. */
  readonly forge: (caller: CallerName) => Promise<string>;
  readonly code: string;
  /** Whether the service gets a token for the caller. */
  readonly exchanges: boolean;
}

const kinds: readonly CallerKind[] = [
  {
    name: 'jwt',
    issue: sign,
    forge: async (caller) => `${(await sign(caller)).slice(0, -20)}${'A'.repeat(20)}`,
    code: 'token_invalid',
    exchanges: false,
  },
  {
    name: 'introspection',
    issue: (caller) => server.issue(callers[caller]),
    forge: async (caller) => {
      const token = await server.issue(callers[caller]);
      await server.revoke(callers[caller], token);
      return token;
    },
    code: 'token_invalid',
    exchanges: false,
  },
  {
    name: 'key',
    issue: async (caller) => keyOf(caller),
    forge: async (caller) => keyOf(`not-${caller}`),
    code: 'credentials_refused',
    exchanges: false,
  },
  {
    name: 'exchange',
    issue: (caller) => server.issue(callers[caller]),
    forge: async () => 'guess-0123456789',
    code: 'token_invalid',
    exchanges: true,
  },
];

const toMiddlewares = () => {
  const client = { clientID: own.clientId, clientSecret: own.clientSecret };
  const named = (claim: string) => ({ forwardHeaders: { 'X-User': claim }, usernameClaim: claim });
  const plugins = {
    jwt: { jwt: { jwksUrl: keys.url, issuers: [issuer], audience: 'orders', ...named('sub') } },
    introspection: {
      oAuthIntrospection: {
        ...client,
        clientConfig: { url: server.introspectionUrl },
        ...named('client_id'),
      },
    },
    key: {
      apiKey: {
        keySource: { header: 'Authorization', headerAuthScheme: 'Bearer' },
        secretNonBase64Encoded: true,
        keys: Object.keys(callers).map((id) => ({
          id,
          secretValue: saltedHash(keyOf(id)),
          claims: { sub: id },
        })),
        ...named('sub'),
      },
    },
    exchange: {
      oAuthTokenExchange: {
        ...client,
        url: server.url,
        rfc8693: { audience: 'urn:orders' },
        ...named('sub'),
      },
    },
  };
  return Object.fromEntries(Object.entries(plugins).map(([name, plugin]) => [name, { plugin }]));
};

const names = kinds.map(({ name }) => name);
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
const subjectOf = (authorization: string | undefined) =>
  decodeJwt((authorization ?? '').replace('Bearer ', '')).sub;

/** A header of the service's request; with some proxies, a removed header arrives empty. */
const seenIn = (echo: Echo, name: string): readonly string[] =>
  valuesOf(echo, name).filter((value) => value !== '');

describe.each(Object.entries(proxies) as readonly [ProxyName, Proxy | undefined][])(
  'beside %s',
  (name, proxy) => {
    // Envoy has no Debian package. `external authorization for Envoy` below covers its protocol.
    if (proxy === undefined) {
      it.skip('is not installed');
      return;
    }
    let beside: Omit<Beside, 'service'>;
    beforeAll(async () => {
      beside = await startExample({
        example: proxy.example,
        command: proxy.command,
        servicePort: service.port,
        change: (file, text) =>
          file === 'routes.yaml'
            ? JSON.stringify({ http: { middlewares: toMiddlewares() } })
            : (changes[name][file]?.(text, { middlewares: names, forwarded: ['X-User'] }) ?? text),
      });
    });
    afterAll(() => beside.close());

    it.each(kinds)('$name tells the service who calls, and withholds the credential', async (kind) => {
      const calls = Array.from({ length: 12 }, (_, at): CallerName => (at % 2 === 0 ? 'ada' : 'bob'));
      const credentials = { ada: await kind.issue('ada'), bob: await kind.issue('bob') };
      const echoes = await Promise.all(
        calls.map(async (caller) => {
          const headers = { ...bearer(credentials[caller]), 'X-User': 'root', 'X-Auth-Request-User': 'root' };
          const response = await fetch(`${beside.url}/${kind.name}/1`, { headers });
          expect(response.status).toBe(200);
          return (await response.json()) as Echo;
        }),
      );
      for (const [at, caller] of calls.entries()) {
        const echo = echoes[at]!;
        expect(seenIn(echo, 'x-user')).toEqual([caller]);
        expect(seenIn(echo, 'x-auth-request-user')).toEqual([caller]);
        const tokens = seenIn(echo, 'authorization');
        expect(tokens.map(subjectOf)).toEqual(kind.exchanges ? [caller] : []);
        expect(JSON.stringify(echo)).not.toContain(credentials[caller]);
      }
    });

    it.each(kinds)('$name refuses forged and missing credentials', async (kind) => {
      const served = service.received.length;
      const url = `${beside.url}/${kind.name}/1`;
      const refused = await fetch(url, { headers: bearer(await kind.forge('ada')) });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Bearer realm="grantgate"/),
      ]);
      expect(await refused.json()).toMatchObject({ code: kind.code });
      const missing = await fetch(url);
      expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="grantgate"',
      ]);
      expect(service.received).toHaveLength(served);
    });
  },
);

describe('external authorization for Envoy', () => {
  let gateway: TestGateway;
  let client: ReturnType<typeof createExtAuthzClient>;
  beforeAll(async () => {
    gateway = await startTestGateway({
      routes: { 'routes.yaml': JSON.stringify({ http: { middlewares: toMiddlewares() } }) },
      install: 'entryPoints: { extAuthz: { address: "127.0.0.1:0", extAuthz: {} } }',
    });
    client = createExtAuthzClient(gateway.urlOf('extAuthz').replace('http://', ''));
  });
  afterAll(async () => {
    client.close();
    await gateway.close();
  });

  const check = (middleware: string, headers: object): Promise<CheckResponse> =>
    client.check({
      attributes: {
        context_extensions: { middleware },
        request: { http: { method: 'GET', path: '/1', host: 'api.example', headers } },
      },
    });

  it.each(kinds)('$name tells the service who calls, and replaces the credential', async (kind) => {
    for (const caller of ['ada', 'bob'] as const) {
      const { ok_response: ok } = await check(kind.name, bearer(await kind.issue(caller)));
      const valueOf = (name: string) =>
        ok?.headers.find(({ header }) => header.key.toLowerCase() === name)?.header.value;
      expect(valueOf('x-user')).toBe(caller);
      const authorization = valueOf('authorization');
      // An empty value replaces the caller's.
      expect(authorization === '' ? '' : subjectOf(authorization)).toBe(kind.exchanges ? caller : '');
    }
  });

  it.each(kinds)('$name refuses forged and missing credentials', async (kind) => {
    for (const headers of [bearer(await kind.forge('ada')), {}]) {
      const { denied_response: denied } = await check(kind.name, headers);
      expect(denied?.status.code).toBe(401);
      const challenge = denied?.headers.find(({ header }) => /^www-authenticate$/i.test(header.key));
      expect(challenge?.header.value).toMatch(/^Bearer realm="grantgate"/);
    }
  });
});
