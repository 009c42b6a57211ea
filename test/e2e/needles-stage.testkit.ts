import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import { json, startScriptedServer } from '../../packages/testkit/src/scripted-server.ts';
import { startTokenServer } from '../../packages/testkit/src/token-server.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';
import { createNeedles, type Needles } from './needles.testkit.ts';
import { startHttpReceiver, type OtlpReceiver } from './otlp.testkit.ts';

/** A gateway with a secret in every place that can contain one. */
export interface NeedlesStage {
  readonly needles: Needles;
  readonly gateway: TestGateway;
  readonly receiver: OtlpReceiver;
  readonly actionsToken: string;
  /** Sends requests with further secrets, some of which are refused. */
  exercise(): Promise<void>;
  close(): Promise<void>;
}

type Parties = Awaited<ReturnType<typeof startParties>>;

async function startParties({ plant }: Needles) {
  const own = { clientId: 'gateway', clientSecret: plant('client secret of the gateway') };
  const ada = { clientId: 'ada', clientSecret: plant('client secret of a caller') };
  const server = await startTokenServer([own, ada]);
  let generousTokens = 1;
  let failures = 1;
  const generous = await startScriptedServer((response) =>
    json(response, 200, {
      access_token: plant(`access token ${generousTokens++}`, 40),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: plant(`refresh token ${generousTokens}`),
      id_token: plant(`ID token ${generousTokens}`),
    }),
  );
  const failing = await startScriptedServer((response) =>
    json(response, 500, { trace: plant(`body of a failed response ${failures++}`) }),
  );
  const service = await startEchoServer();
  const receiver = await startHttpReceiver();
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-needles-'));
  const close = async () => {
    await Promise.all([server, generous, failing, service, receiver].map((party) => party.close()));
    await rm(folder, { recursive: true });
  };
  return { own, ada, server, generous, failing, service, receiver, folder, close };
} // prettier-ignore

const toMiddleware = (kind: string, options: object) => ({ plugin: { [kind]: options } });

/** Middlewares with secrets in each option that can contain one; some of them are invalid or cannot reach their server. */
function createMiddlewares(
  { plant, note }: Needles,
  { own, server, generous, failing, folder }: Parties,
  apiKey: string,
) {
  const client = { clientID: own.clientId, clientSecret: own.clientSecret };
  const token = (options: object) => toMiddleware('oAuthClientCredentials', options);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  note('signing key of assertions', pem.split('\n')[1] ?? '');
  return {
    callers: token({ url: server.url }),
    'own-token': token({
      ...client,
      url: `${generous.url}?key=${plant('query of a token endpoint')}`,
      endpointParams: { code: plant('parameter of a token request') },
      clientConfig: { headers: { 'X-Key': plant('header of a token request') } },
    }),
    failing: token({ ...client, url: failing.url, clientConfig: { maxRetries: 0 } }),
    stored: token({
      url: server.url,
      store: {
        secrets: [plant('secret of a store', 32), plant('earlier secret of a store', 32)],
        keyPrefix: 'gg:',
        redis: { endpoints: ['127.0.0.1:1'], username: 'reader', password: plant('password of Redis') },
      },
    }),
    sentinel: token({
      url: server.url,
      store: {
        secret: plant('secret of another store', 32),
        redis: {
          endpoints: ['127.0.0.1:1'],
          password: plant('password of Redis behind Sentinel'),
          sentinel: { masterSet: 'tokens', username: 'watcher', password: plant('password of Sentinel') },
        },
      },
    }),
    proxied: token({
      ...client,
      url: 'http://127.0.0.1:1/token',
      clientConfig: { proxy: `http://proxy:${plant('password of a proxy')}@127.0.0.1:1`, maxRetries: 0 },
    }),
    keyed: token({
      clientID: own.clientId,
      url: server.url,
      clientAuthentication: 'private_key_jwt',
      clientConfig: { assertion: { key: pem, algorithm: 'ES256' } },
    }),
    userinfo: token({ url: `http://user:${plant('password in a URL')}@127.0.0.1:1/token` }),
    environment: token({ clientID: own.clientId, clientSecret: 'urn:env:CLIENT_SECRET', url: server.url }),
    file: token({ clientID: own.clientId, clientSecret: `urn:file:${folder}/client-secret`, url: server.url }),
    signed: toMiddleware('jwt', { signingSecret: plant('signing secret', 40), audience: [], claims: 'Equals(`grp`, `admin`)', forwardHeaders: { 'X-Mail': 'mail' } }),
    opaque: toMiddleware('oAuthIntrospection', { ...client, clientConfig: { url: `${server.introspectionUrl}?key=${plant('query of an introspection endpoint')}`, headers: { 'X-Key': plant('header of an introspection request') } } }),
    exchanged: toMiddleware('oAuthTokenExchange', { ...client, url: server.url, rfc8693: { audience: 'urn:orders', actorToken: {} } }),
    keys: toMiddleware('apiKey', {
      keySource: { header: 'X-Api-Key', query: 'api_key', cookie: 'api-key' },
      secretNonBase64Encoded: true,
      secretValues: [`{SHA}${createHash('sha1').update(apiKey).digest('base64')}`, `{SHA}${createHash('sha1').update(plant('API key without callers')).digest('base64')}`],
    }),
    users: { basicAuth: { users: [`ada:{SHA}${createHash('sha1').update(plant('password of a user')).digest('base64')}`] } },
    headers: {
      headers: {
        customRequestHeaders: { 'X-Upstream-Token': plant('header for the server') },
        customResponseHeaders: { 'X-Response-Token': plant('header for callers') },
      },
    },
    asked: { forwardAuth: { address: `http://forward:${plant('password of forward-auth')}@127.0.0.1:1/auth?key=${plant('query of forward-auth')}` } },
    limited: { rateLimit: { average: 1000, redis: { endpoints: ['127.0.0.1:1'], username: 'limits', password: plant('password of Redis for limits') } } },
  };
} // prettier-ignore

function createRoutes(needles: Needles, parties: Parties, apiKey: string): string {
  const middlewares = createMiddlewares(needles, parties, apiKey);
  const { plant } = needles;
  const routers = Object.fromEntries(
    Object.keys(middlewares).map((name) => [
      name,
      { rule: `PathPrefix(\`/${name}/\`)`, middlewares: ['headers', name], service: 'echo' },
    ]),
  );
  const byHeader = { rule: `Header(\`X-Access-Token\`, \`${plant('header of a rule')}\`)`, service: 'echo' };
  const byQuery = { rule: `Query(\`token\`, \`${plant('query of a rule')}\`)`, service: 'echo' };
  const services = {
    echo: {
      loadBalancer: {
        servers: [{ url: parties.service.url }],
        healthCheck: {
          path: `/?key=${plant('query of a health check')}`,
          headers: { 'X-Probe': plant('header of a health check') },
        },
      },
    },
  };
  return JSON.stringify({ http: { routers: { ...routers, byHeader, byQuery }, middlewares, services } });
}

function createInstall({ plant }: Needles, { receiver: { port }, folder }: Parties, actionsToken: string): string {
  const otlp = (place: string) => ({
    http: { endpoint: `http://127.0.0.1:${port}`, headers: { 'X-Key': plant(`header of ${place}`) } },
  });
  return [
    `entryPoints: ${JSON.stringify({
      web: { address: '127.0.0.1:0' },
      websecure: { address: '127.0.0.1:0', tls: { certificates: [{ certFile: `${folder}/a.pem`, keyFile: `${folder}/a.key` }] } },
      beside: { address: '127.0.0.1:0', forwardAuth: {} },
      admin: { address: '127.0.0.1:0' },
    })}`,
    `api: ${JSON.stringify({ actionsToken })}`,
    `tracing: ${JSON.stringify({ otlp: otlp('spans') })}`,
    `metrics: ${JSON.stringify({ prometheus: {}, otlp: otlp('metrics') })}`,
    `log: ${JSON.stringify({ level: 'debug', otlp: otlp('logs') })}`,
    `accessLog: ${JSON.stringify({ format: 'json', dualOutput: true, otlp: otlp('the access log'), fields: { headers: { names: { Cookie: 'redact', 'User-Agent': 'keep' } } } })}`,
    '',
  ].join('\n');
} // prettier-ignore

export async function startNeedlesStage(): Promise<NeedlesStage> {
  const needles = createNeedles();
  const { plant, note } = needles;
  const parties = await startParties(needles);
  const apiKey = plant('API key of a caller');
  const actionsToken = plant('token of actions');
  const { cert, key } = createTestAuthority().issue('needles', ['127.0.0.1']);
  note('key of an entry point', key.split('\n')[1] ?? '');
  const routes = createRoutes(needles, parties, apiKey);
  const { receiver, folder } = parties;
  const files = { 'a.pem': cert, 'a.key': key, 'client-secret': plant('client secret in a file') };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const gateway = await startTestGateway({
    install: createInstall(needles, parties, actionsToken),
    routes: { 'routes.yaml': routes },
    env: { CLIENT_SECRET: plant('client secret in the environment') },
  });
  return {
    ...{ needles, gateway, receiver, actionsToken },
    exercise: () => exercise(needles, parties, gateway, { apiKey, routes }),
    async close() {
      await gateway.close();
      await parties.close();
    },
  };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function exercise(
  { plant, note }: Needles,
  { ada, server }: Parties,
  gateway: TestGateway,
  { apiKey, routes }: { readonly apiKey: string; readonly routes: string },
): Promise<void> {
  const send = async (path: string, headers: Record<string, string> = {}, url = gateway.url) => {
    const response = await fetch(url + path, { headers: { connection: 'close', ...headers } });
    await response.arrayBuffer();
    return response.status;
  };
  const expectStatus = async (expected: number, ...request: Parameters<typeof send>) => {
    const status = await send(...request);
    if (status !== expected) throw new Error(`${request[0]}: ${status} instead of ${expected}`);
  };
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const signingSecret = /"signingSecret":"([^"]+)"/.exec(routes)?.[1] ?? '';
  const sign = (place: string, claims: object): string => {
    const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ exp: Date.now() / 1000 + 600, ...claims })}`;
    const signature = createHmac('sha256', signingSecret).update(input).digest('base64url');
    note(place, signature);
    return `${input}.${signature}`;
  };
  const mail = plant('claim of a caller');

  await expectStatus(200, '/callers/1', basic('ada', ada.clientSecret));
  await expectStatus(401, '/callers/1', basic('ada', plant('wrong client secret')));
  await expectStatus(401, '/callers/1', bearer(plant('bearer token where Basic is expected')));
  await expectStatus(200, '/own-token/1');
  await expectStatus(503, '/failing/1');
  await expectStatus(503, '/proxied/1');
  await expectStatus(503, '/userinfo/1');
  await expectStatus(200, '/stored/1', basic('ada', ada.clientSecret));
  await expectStatus(200, '/sentinel/1', basic('ada', ada.clientSecret));
  for (const name of ['keyed', 'environment', 'file']) await expectStatus(502, `/${name}/1`);
  await expectStatus(200, '/signed/1', bearer(sign('JWT of a caller', { sub: 'ada', grp: 'admin', mail })));
  await expectStatus(403, '/signed/1', bearer(sign('JWT of a refused caller', { sub: 'bob', grp: mail })));
  await expectStatus(401, '/signed/1', { authorization: `DPoP ${sign('DPoP token', {})}`, dpop: sign('DPoP proof', { htm: 'GET' }) });
  const [subject, revoked] = [await server.issue(ada), await server.issue(ada)];
  await server.revoke(ada, revoked);
  await expectStatus(200, '/opaque/1', bearer(note('opaque token of a caller', subject)));
  await expectStatus(401, '/opaque/1', bearer(note('revoked token of a caller', revoked)));
  await expectStatus(200, '/exchanged/1', bearer(note('subject token of an exchange', await server.issue(ada))));
  await expectStatus(401, '/exchanged/1', bearer(plant('unknown subject token')));
  await expectStatus(200, '/keys/1', { 'x-api-key': apiKey });
  await expectStatus(401, '/keys/1', { 'x-api-key': plant('wrong API key in a header') });
  await expectStatus(401, `/keys/1?api_key=${plant('wrong API key in a query')}`);
  await expectStatus(401, '/keys/1', { cookie: `api-key=${plant('wrong API key in a cookie')}` });
  await expectStatus(401, '/users/1', basic('ada', plant('wrong password of a user')));
  await expectStatus(200, '/limited/1', { cookie: `session=${plant('cookie of a caller')}` });
  const status = await send('/asked/1', { 'proxy-authorization': `Basic ${plant('proxy credentials of a caller')}` });
  if (status < 500) throw new Error(`forward-auth: ${status}`);
  await expectStatus(404, `/nowhere?access_token=${plant('token in a query')}&password=${plant('password in a query')}`);
  await expectStatus(404, `/nowhere;token=${plant('token in a path parameter')}`);
  const original = { 'x-original-url': `http://user:${plant('password in X-Original-URL')}@a.example/?token=${plant('token in X-Original-URL')}` };
  await expectStatus(401, '/forward-auth/callers', { ...original, ...basic('ada', plant('wrong client secret beside a proxy')) }, gateway.urlOf('beside'));
} // prettier-ignore
