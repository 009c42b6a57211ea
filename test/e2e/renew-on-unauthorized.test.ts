import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

/** A service that checks tokens. */
interface ProtectedResource {
  readonly url: string;
  /** Body and token of each accepted request. */
  readonly accepted: { readonly token: string; readonly body: Buffer }[];
  /** Requests, including refused ones. */
  readonly counts: { requests: number };
  accepts: (token: string) => boolean;
  challenge: string | undefined;
  /** Whether it reads the body before it refuses. */
  readsFirst: boolean;
  close(): Promise<void>;
}

async function startResource(): Promise<ProtectedResource> {
  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    resource.counts.requests += 1;
    const token = (message.headers.authorization ?? '').replace(/^Bearer /, '');
    const isAccepted = resource.accepts(token);
    const parts: Buffer[] = [];
    if (isAccepted || resource.readsFirst) for await (const part of message) parts.push(part as Buffer);
    if (isAccepted) {
      resource.accepted.push({ token, body: Buffer.concat(parts) });
      response.end('welcome');
      return;
    }
    const { challenge } = resource;
    response.writeHead(401, challenge === undefined ? {} : { 'www-authenticate': challenge });
    response.end(refusalText);
  };
  const server = createServer((message, response) => void serve(message, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const resource: ProtectedResource = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted: [],
    counts: { requests: 0 },
    accepts: () => true,
    challenge: 'Bearer error="invalid_token"',
    readsFirst: true,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return resource;
}

/** Longer than one read of a socket. */
const refusalText = 'this token is not welcome. '.repeat(10_000);

const routes = (tokenUrl: string, serviceUrl: string): string => `
http:
  routers:
    own: { rule: "PathPrefix(\`/own\`)", middlewares: [own], service: api }
    kept: { rule: "PathPrefix(\`/kept\`)", middlewares: [kept], service: api }
    callers: { rule: "PathPrefix(\`/callers\`)", middlewares: [callers], service: api }
    both: { rule: "PathPrefix(\`/both\`)", middlewares: [callers, own], service: api }
  middlewares:
    own:
      plugin: { oAuthClientCredentials: { url: ${tokenUrl}, clientID: own, clientSecret: own-secret, claims: "Equals(\`grp\`, \`a\`)" } }
    kept:
      plugin: { oAuthClientCredentials: { url: ${tokenUrl}, clientID: kept, clientSecret: kept-secret, renewOnUnauthorized: false } }
    callers:
      plugin: { oAuthClientCredentials: { url: ${tokenUrl} } }
  services: { api: { loadBalancer: { servers: [{ url: ${serviceUrl} }] } } }
`;

let server: AuthorizationServer;
let resource: ProtectedResource;
let gateway: TestGateway;
const agent = new Agent();

beforeAll(async () => {
  resource = await startResource();
});
beforeEach(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'own', clientSecret: 'own-secret', claims: { grp: 'a' } },
      { clientId: 'kept', clientSecret: 'kept-secret' },
      { clientId: 'caller', clientSecret: 'caller-secret' },
    ],
  });
  gateway = await startTestGateway({ routes: { 'routes.yaml': routes(server.url, resource.url) } });
  Object.assign(resource, {
    accepts: () => true,
    challenge: 'Bearer error="invalid_token"',
    readsFirst: true,
  });
  resource.accepted.length = 0;
  resource.counts.requests = 0;
});
afterEach(async () => {
  await gateway.close();
  await server.close();
});
afterAll(async () => {
  await resource.close();
  await agent.close();
});

const authorization = `Basic ${Buffer.from('caller:caller-secret').toString('base64')}`;

async function call(
  path: string,
  options: { readonly body?: Buffer | Readable; readonly headers?: Record<string, string> } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { body, headers } = options;
  const answer = await request(gateway.url + path, {
    dispatcher: agent,
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && { body }),
    ...(headers && { headers }),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

/** Caches a token that the resource accepts at first, and refuses from now on. */
async function revokeCached(path = '/own'): Promise<string> {
  expect((await call(path, { headers: { authorization } })).status).toBe(200);
  const token = resource.accepted.at(-1)?.token ?? '';
  resource.accepts = (other) => other !== token;
  return token;
}

describe('a token that the server refuses with 401', () => {
  const bytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, at) => at % 251));
  const inChunks = (body: Buffer): Readable =>
    Readable.from(
      Array.from({ length: 10 }, (_, at) =>
        body.subarray((at * body.length) / 10, ((at + 1) * body.length) / 10),
      ),
    );

  it.each<[string, () => { readonly body?: Buffer | Readable }, Buffer]>([
    ['without a body', () => ({}), Buffer.alloc(0)],
    ['with a short body', () => ({ body: bytes(100) }), bytes(100)],
    ['with a body of 64 KiB', () => ({ body: bytes(65_536) }), bytes(65_536)],
    ['with a body in chunks', () => ({ body: inChunks(bytes(50_000)) }), bytes(50_000)],
  ])('is renewed, and a request %s is sent again', async (_name, toOptions, body) => {
    const refused = await revokeCached();
    expect(await call('/own', toOptions())).toEqual({ status: 200, text: 'welcome' });
    const [, second] = resource.accepted;
    expect(second?.body).toEqual(body);
    expect(second?.token).not.toBe(refused);
    expect(server.tokenRequests).toHaveLength(2);
    expect(
      gateway.accessLog
        .lines()
        .map((line) => (JSON.parse(line) as { DownstreamStatus: number }).DownstreamStatus),
    ).toEqual([200, 200]);
  });

  it('is renewed once for a hundred concurrent requests', async () => {
    await revokeCached();
    const release = server.hold();
    const calls = Array.from({ length: 100 }, () => call('/own'));
    await expect.poll(() => resource.counts.requests).toBe(101);
    release();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(server.tokenRequests).toHaveLength(2);
  });

  it('is renewed for the next request when the body is too long to be sent twice', async () => {
    await revokeCached();
    expect(await call('/own', { body: bytes(65_537) })).toEqual({ status: 401, text: refusalText });
    await expect.poll(() => server.tokenRequests.length).toBe(2);
    expect((await call('/own')).status).toBe(200);
    expect(server.tokenRequests).toHaveLength(2);
  });

  it('is renewed once when the server refuses every token, and the caller gets the whole response', async () => {
    resource.accepts = () => false;
    for (let at = 0; at < 20; at += 1)
      expect(await call('/own', { body: bytes(10) })).toEqual({ status: 401, text: refusalText });
    expect(server.tokenRequests).toHaveLength(2);
    // Sent again only for the first request.
    expect(resource.counts.requests).toBe(21);
  });

  it('leaves the caller with the 401 when no other token is available', async () => {
    await revokeCached();
    await server.close();
    expect(await call('/own')).toEqual({ status: 401, text: refusalText });
    server = await startAuthorizationServer({ clients: [] });
  });

  it('leaves the caller with a refusal when the claims of the new token do not satisfy the route', async () => {
    await revokeCached();
    server.setClient({ clientId: 'own', clientSecret: 'own-secret', claims: { grp: 'b' } });
    expect(await call('/own')).toEqual({ status: 401, text: refusalText });
    expect((await call('/own')).status).toBe(403);
  });

  it('is renewed in a chain whose last middleware set it', async () => {
    await revokeCached('/both');
    expect((await call('/both', { headers: { authorization } })).status).toBe(200);
    expect(server.tokenRequests).toHaveLength(3);
  });

  it.each([
    ['/own', undefined],
    ['/own', 'Basic realm="x"'],
    ['/own', 'Bearer error="insufficient_scope"'],
    ['/kept', 'Bearer'],
    ['/callers', 'Bearer'],
  ])('is not renewed on %s with the challenge %s', async (path, challenge) => {
    await revokeCached(path);
    resource.challenge = challenge;
    expect(await call(path, { headers: { authorization } })).toEqual({ status: 401, text: refusalText });
    expect(server.received()).toBe(1);
  });
});
