import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Agent, interceptors, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import type { AuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../../testkit/src/authorization-server.ts';
import type { TokenSource } from './outgoing.ts';
import { bearer, createFetch, createTokenSource, OptionsError, TokenError } from './outgoing.ts';

interface SentRequest {
  readonly authorization: string | undefined;
  readonly body: string;
}

let server: AuthorizationServer;
let source: TokenSource;
let resource: Server;
let url = '';
let seen: SentRequest[] = [];
let answer: (seen: SentRequest, response: ServerResponse) => void;
const clock = createFakeClock();

async function listen(onRequest: (one: SentRequest, response: ServerResponse) => void): Promise<Server> {
  const made = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
    incoming.on('end', () => onRequest({ authorization: incoming.headers.authorization, body }, response));
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return made;
}
const originOf = (made: Server): string => `http://127.0.0.1:${(made.address() as AddressInfo).port}`;

beforeEach(async () => {
  server = await startAuthorizationServer({
    clients: [{ clientId: 'orders', clientSecret: 'orders-secret' }],
  });
  source = createTokenSource(
    { url: server.url, clientID: 'orders', clientSecret: 'orders-secret' },
    { clock },
  );
  seen = [];
  answer = (_seen, response) => void response.end('ok');
  resource = await listen((one, response) => {
    seen.push(one);
    answer(one, response);
  });
  url = originOf(resource);
});
afterEach(async () => {
  await source.close();
  await server.close();
  resource.closeAllConnections();
  await new Promise((resolve) => resource.close(resolve));
});

/** The resource refuses all tokens that it has seen so far. */
function revoke(): void {
  const revoked = new Set(seen.map(({ authorization }) => authorization));
  answer = ({ authorization }, response) => {
    response.statusCode = revoked.has(authorization) ? 401 : 200;
    response.end(response.statusCode === 401 ? 'revoked' : 'ok');
  };
}

describe('a token without a lifetime', () => {
  const issue = async (fields: object) => {
    let issued = 0;
    const endpoint = await listen((_one, response) => {
      issued += 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: `t${issued}`, token_type: 'Bearer', ...fields }));
    });
    const tokens = createTokenSource(
      { url: originOf(endpoint), clientID: 'a', clientSecret: 'b' },
      { clock },
    );
    const close = async (): Promise<void> => {
      await tokens.close();
      endpoint.closeAllConnections();
      await new Promise((resolve) => endpoint.close(resolve));
    };
    return { tokens, close, issued: () => issued };
  };

  it.each(['fetch', 'undici'])('is used by %s until the resource refuses it', async (kind) => {
    const { tokens, close, issued } = await issue({});
    const fetch = createFetch(tokens);
    const dispatcher = new Agent().compose(bearer(tokens, { origins: [url] }));
    const call = async (): Promise<number> =>
      kind === 'fetch'
        ? (await fetch(url)).status
        : request(url, { dispatcher }).then(async (response) => {
            await response.body.dump();
            return response.statusCode;
          });
    try {
      for (let at = 0; at < 3; at += 1) expect(await call()).toBe(200);
      expect(issued()).toBe(1);
      answer = ({ authorization }, response) => {
        if (authorization === 'Bearer t1') response.statusCode = 401;
        response.end();
      };
      expect(await Promise.all(Array.from({ length: 20 }, call))).toEqual(Array(20).fill(200));
      expect(await call()).toBe(200);
      expect(issued()).toBe(2);
    } finally {
      await dispatcher.destroy();
      await close();
    }
  });

  it('is different from a token with a lifetime of zero', async () => {
    const { tokens, close, issued } = await issue({ expires_in: 0 });
    const fetch = createFetch(tokens);
    try {
      for (let at = 0; at < 3; at += 1) await fetch(url);
      expect(issued()).toBe(3);
    } finally {
      await close();
    }
  });
});

describe('a token source', () => {
  it('requests once for concurrent callers, and reveals the token only on request', async () => {
    const [first, second] = await Promise.all([source.token(), source.token()]);
    expect(first).toBe(second);
    expect(source.get()).toBe(first);
    expect(first.value).toMatch(/^ey/);
    expect(first.expiresAt).toBe(clock.now() + 3_600_000);
    expect(inspect(first) + JSON.stringify(first)).not.toContain(first.value);
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('serves other callers when one aborts', async () => {
    const release = server.hold();
    const controller = new AbortController();
    const [given, kept] = [source.token(controller.signal), source.token()];
    controller.abort(new Error('gave up'));
    await expect(given).rejects.toThrow('gave up');
    release();
    expect((await kept).value).toMatch(/^ey/);
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('throws an error with a code, without the secret', async () => {
    const wrong = createTokenSource({ url: server.url, clientID: 'orders', clientSecret: 'wrong-secret' });
    const error: unknown = await wrong.token().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ code: 'credentials_refused' });
    expect(inspect(error)).not.toContain('wrong-secret');
    await wrong.close();
  });

  it('names the unset variable, and reports that only the gateway resolves references', () => {
    const create = (clientSecret: unknown) => () =>
      createTokenSource({ url: server.url, clientID: 'orders', clientSecret: clientSecret as string });
    expect(create(undefined)).toThrow(OptionsError);
    expect(create(undefined)).toThrow('clientSecret: is undefined');
    expect(create('urn:env:SECRET')).toThrow('clientSecret: is a secret reference');
  });
});

describe('fetch with a source', () => {
  it('carries the token, or the Authorization header of the call', async () => {
    const call = createFetch(source);
    await call(url, { method: 'POST', body: 'x' });
    await call(new Request(url, { headers: { authorization: 'Basic own' } }));
    expect(seen).toEqual([
      { authorization: `Bearer ${(await source.token()).value}`, body: 'x' },
      { authorization: 'Basic own', body: '' },
    ]);
  });

  it('renews once when many calls are refused, and sends their bodies again', async () => {
    const call = createFetch(source);
    await call(url);
    revoke();
    const bodies = ['text', new URLSearchParams({ a: '1' }), Buffer.from('bytes'), new Blob(['blob'])];
    const answers = await Promise.all(bodies.map((body) => call(url, { method: 'POST', body })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(seen.filter(({ body }) => body === 'bytes')).toHaveLength(2);
    expect(server.tokenRequests).toHaveLength(2);
  });

  it('returns the 401 for a stream, which cannot be sent again, and uses a new token for the next call', async () => {
    const call = createFetch(source);
    await call(url);
    revoke();
    const body = new Blob(['stream']).stream();
    const refused = await call(url, { method: 'POST', body, duplex: 'half' });
    expect([refused.status, await refused.text()]).toEqual([401, 'revoked']);
    expect((await call(url)).status).toBe(200);
    expect(server.tokenRequests).toHaveLength(2);
  });

  it('does not request tokens repeatedly for a resource that refuses every token', async () => {
    const call = createFetch(source);
    answer = (_seen, response) => void response.writeHead(401).end('never');
    for (let count = 0; count < 5; count += 1) expect(await (await call(url)).text()).toBe('never');
    expect(server.tokenRequests).toHaveLength(2);
    await clock.advance(10_000);
    await call(url);
    expect(server.tokenRequests).toHaveLength(3);
  });

  it('does not send the token to another origin after a redirect', async () => {
    const elsewhere: SentRequest[] = [];
    const other = await listen((one, response) => {
      elsewhere.push(one);
      response.writeHead(401).end();
    });
    answer = (_seen, response) => void response.writeHead(302, { location: originOf(other) }).end();
    expect((await createFetch(source)(url)).status).toBe(401);
    expect(elsewhere).toEqual([{ authorization: undefined, body: '' }]);
    expect(server.tokenRequests).toHaveLength(1);
    other.closeAllConnections();
    other.close();
  });
});

describe('fetch with origins', () => {
  it('uses the origin and the method of the call even if they change while it waits for the token', async () => {
    const asked: [unknown, string | undefined][] = [];
    const call = createFetch(source, {
      origins: ['https://api.example'],
      fetch: (input, init) => {
        asked.push([input instanceof URL ? input.href : input, init?.method]);
        return Promise.resolve(new Response());
      },
    });
    const target = new URL('https://api.example/orders');
    const init = { method: 'PUT' };
    const response = call(target, init);
    target.host = 'attacker.example';
    init.method = 'DELETE';
    await response;
    expect(asked).toEqual([['https://api.example/orders', 'PUT']]);
  });

  it('sends the token only to those, and reports an invalid one', async () => {
    const elsewhere: SentRequest[] = [];
    const other = await listen((one, response) => {
      elsewhere.push(one);
      response.end();
    });
    const call = createFetch(source, { origins: [`${url}/orders`] });
    await call(new URL(url));
    await call(originOf(other));
    await call(new Request(originOf(other)));
    expect(seen[0]?.authorization).toMatch(/^Bearer ey/);
    expect(elsewhere.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
    expect(() => createFetch(source, { origins: ['api.example.com'] })).toThrow(TypeError);
    other.closeAllConnections();
    other.close();
  });
});

describe("undici's interceptor", () => {
  it('adds the token, renews it once on a 401 and repeats the request', async () => {
    const agent = new Agent();
    const dispatcher = agent.compose(bearer(source, { origins: [url] }));
    const call = async (): Promise<string> =>
      (await request(url, { dispatcher, method: 'POST', body: 'x', headers: { a: 'b' } })).body.text();
    expect(await call()).toBe('ok');
    revoke();
    expect(await Promise.all([call(), call()])).toEqual(['ok', 'ok']);
    expect(server.tokenRequests).toHaveLength(2);
    answer = (_seen, response) => void response.writeHead(401).end('never');
    expect(await call()).toBe('never');
    await agent.close();
  });

  it('fails with the reason when there is no token', async () => {
    const wrong = createTokenSource({ url: server.url, clientID: 'orders', clientSecret: 'no' });
    const agent = new Agent();
    const dispatcher = agent.compose(bearer(wrong, { origins: [url] }));
    await expect(request(url, { dispatcher })).rejects.toMatchObject({ code: 'credentials_refused' });
    // This time from memory, in the same turn.
    await expect(request(url, { dispatcher })).rejects.toMatchObject({ code: 'credentials_refused' });
    expect(seen).toEqual([]);
    await agent.close();
    await wrong.close();
  });

  it('sends the token only to its origins, wherever a redirect leads', async () => {
    const elsewhere: SentRequest[] = [];
    const other = await listen((one, response) => {
      elsewhere.push(one);
      response.end();
    });
    answer = (_seen, response) => void response.writeHead(302, { location: originOf(other) }).end();
    const agent = new Agent();
    const redirect = interceptors.redirect({ maxRedirections: 2 });
    const middleware = bearer(source, { origins: [url] });
    for (const dispatcher of [agent.compose(middleware, redirect), agent.compose(redirect, middleware)])
      await (await request(url, { dispatcher })).body.dump();
    expect(seen.every(({ authorization }) => authorization?.startsWith('Bearer ') === true)).toBe(true);
    expect(elsewhere).toEqual([
      { authorization: undefined, body: '' },
      { authorization: undefined, body: '' },
    ]);
    await agent.close();
    other.closeAllConnections();
    other.close();
  });
});
