import { createServer as createTlsServer } from 'node:tls';
import { createServer as createNetServer, type AddressInfo } from 'node:net';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { ask as askPool } from '../http1/client/ask.testkit.ts';
import { badBodies, badHeads } from '../http1/client/response-corpus.testkit.ts';
import type { HealthCheckConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Upstreams } from './create-upstream.ts';
import { createServices } from './create-upstream.ts';
import { defer, startServer, toLoadBalancer, toMap, toWeighted } from './services.testkit.ts';
import type { BalancingFacts } from './upstream.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close();
});

function create(...services: readonly ServiceConfig[]): Upstreams {
  const upstreams = createServices({ clock: createFakeClock() }).open(toMap(...services));
  cleanup.push(() => upstreams.close());
  return upstreams;
}

async function serve(listener: Parameters<typeof startServer>[0]) {
  const server = await startServer(listener);
  cleanup.push(() => server.close());
  return server;
}

const plain: BalancingFacts = { rawHeaders: [], scheme: 'http', remoteAddress: '127.0.0.1' };

/** The last letter of the server's host, for each of some requests. */
const pickHosts = (upstreams: Upstreams, name: string, count: number): string =>
  Array.from(
    { length: count },
    () => upstreams.byName.get(name)?.pick(plain)?.server.authority.charAt(0) ?? '-',
  ).join('');

describe('a load balancer', () => {
  it('spreads requests over its servers by weight; one of weight 0 gets none', () => {
    const servers = [
      { url: 'http://a', weight: 2 },
      { url: 'http://b', weight: 1 },
      { url: 'http://c', weight: 0 },
    ];
    expect(pickHosts(create(toLoadBalancer('s', servers)), 's', 6)).toBe('abaaba');
  });

  it('without servers chooses none', () => {
    expect(create(toLoadBalancer('s', [])).byName.get('s')!.pick(plain)).toBeUndefined();
  });

  it('provides the details of a server for forwarding', () => {
    const upstreams = create(
      toLoadBalancer('s@file', ['http://a.example:8080/base/'], { passHostHeader: false }),
    );
    expect(upstreams.byName.get('s@file')!.pick(plain)).toMatchObject({
      serviceName: 's@file',
      passHostHeader: false,
      setCookies: [],
      sent: undefined,
      server: { origin: 'http://a.example:8080', authority: 'a.example:8080', basePath: '' },
    });
  });
});

describe('a weighted service', () => {
  const [a, b] = [toLoadBalancer('a', ['http://a']), toLoadBalancer('b', ['http://b'])];
  const problem = {
    severity: 'error',
    place: a.place,
    code: 'x',
    path: '',
    message: 'x',
  } as const;

  it('spreads requests over services, nested ones too, which are named as the ones that served', () => {
    const upstreams = create(toWeighted('outer', { inner: 2, b: 1 }), toWeighted('inner', { a: 1, c: 1 }), a, b,
      toLoadBalancer('c', ['http://c'])); // prettier-ignore
    expect(pickHosts(upstreams, 'outer', 6)).toBe('abcabc');
    expect(upstreams.byName.get('outer')!.pick(plain)!.serviceName).toBe('a');
  });

  it('skips services that are missing, broken, of weight 0 or without a server', () => {
    const upstreams = create(
      toWeighted('w', { a: 1, missing: 5, broken: 5, zero: 0, empty: 5, none: 5 }),
      toWeighted('none', { missing: 1 }),
      a,
      toLoadBalancer('broken', ['http://x'], { errors: [problem] }),
      toLoadBalancer('zero', ['http://z']),
      toLoadBalancer('empty', []),
    );
    expect(pickHosts(upstreams, 'w', 3)).toBe('aaa');
    expect(upstreams.byName.get('none')!.pick(plain)).toBeUndefined();
    expect(upstreams.byName.get('broken')).toBeUndefined();
    expect(upstreams.byName.get('missing')).toBeUndefined();
  });

  it('that contains itself stops there', () => {
    const upstreams = create(toWeighted('x', { y: 1, a: 1 }), toWeighted('y', { x: 1, b: 1 }), toWeighted('self', { self: 1 }), a, b); // prettier-ignore
    expect(pickHosts(upstreams, 'x', 4)).toBe('baba');
    expect(upstreams.byName.get('self')!.pick(plain)).toBeUndefined();
  });
});

describe('connections', () => {
  const ask = async (upstreams: Upstreams, name: string, path = '/'): Promise<string> => {
    const { body, fault } = await askPool(upstreams.byName.get(name)!.pick(plain)!.server.connections, {
      target: path,
    });
    expect(fault).toBeUndefined();
    return body;
  };

  it('are shared by the services of one origin and kept', async () => {
    const server = await serve((_request, response) => response.end('ok'));
    const upstreams = create(
      toLoadBalancer('one', [server.url]),
      toLoadBalancer('two', [`${server.url}/base`]),
    );
    expect(server.counts().opened).toBe(0);
    for (let count = 0; count < 10; count += 1)
      expect(await ask(upstreams, count % 2 === 0 ? 'one' : 'two')).toBe('ok');
    // A second one if the next request arrives before the first connection is known to be free.
    expect(server.counts().opened).toBeLessThanOrEqual(2);
  });

  it('are closed once requests in flight have their responses', async () => {
    let answer = (): void => {};
    const arrived = defer();
    const server = await serve((_request, response) => {
      response.write('be');
      answer = () => response.end('gun');
      arrived.resolve(undefined);
    });
    const upstreams = create(toLoadBalancer('s', [server.url]));
    const asked = ask(upstreams, 's');
    await arrived.promise;
    const closed = upstreams.close();
    expect(server.counts().open).toBe(1);
    answer();
    expect(await asked).toBe('begun');
    await closed;
    await server.closed;
  });

  it('over TLS request the configured server name, not the Host of the caller, and check its certificate', async () => {
    const names: string[] = [];
    const { cert, key } = createTestAuthority().issue('localhost', ['localhost']);
    const server = createTlsServer({
      cert,
      key,
      SNICallback(name, done) {
        names.push(name);
        done(null);
      },
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    cleanup.push(() => new Promise((resolve) => server.close(resolve)));
    const origin = `https://localhost:${String((server.address() as AddressInfo).port)}`;
    const { connections } = create(toLoadBalancer('s', [origin]))
      .byName.get('s')!
      .pick(plain)!.server;
    expect((await askPool(connections, { headers: ['Host', 'caller.example'] })).fault).toEqual({
      code: 'connect_failed',
      reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    expect(names).toEqual(['localhost']);
  });
});

describe('a health check', () => {
  const check: HealthCheckConfig = {
    path: '/health?deep=1',
    method: 'GET',
    scheme: undefined,
    port: undefined,
    hostname: undefined,
    headers: {},
    intervalMs: 10_000,
    unhealthyIntervalMs: 10_000,
    timeoutMs: 1000,
    followRedirects: true,
    status: 0,
  };

  /** Checks servers; `round` waits until as many results have arrived. */
  function watch(urls: readonly string[], config: Partial<HealthCheckConfig> = {}) {
    const clock = createFakeClock();
    const healthCheck = { ...check, ...config };
    let answers = 0;
    let waiting: { readonly count: number; readonly resolve: () => void } | undefined;
    const services = createServices({
      transport: { maxResponseHeaderBytes: 65_536 },
      clock: {
        ...clock,
        after(ms, callback) {
          // The next check is scheduled when the last result is known.
          if (ms === healthCheck.intervalMs || ms === healthCheck.unhealthyIntervalMs) answers += 1;
          if (waiting !== undefined && answers >= waiting.count) waiting.resolve();
          return clock.after(ms, callback);
        },
      },
    });
    const upstreams = services.open(toMap(toLoadBalancer('s', urls, { healthCheck })));
    cleanup.push(() => upstreams.close());
    return {
      clock,
      services,
      upstreams,
      answered: (count: number) =>
        new Promise<void>((resolve) => (answers >= count ? resolve() : void (waiting = { count, resolve }))),
      servers: (): string[] => {
        const found = urls.map(() => upstreams.byName.get('s')!.pick(plain)?.server.url ?? 'none');
        return [...new Set(found)].sort();
      },
    };
  }

  it('removes a failing server, and adds it again when it is healthy', async () => {
    let status = 500;
    const sick = await serve((_request, response) => response.writeHead(status).end('x'));
    const well = await serve((_request, response) => response.writeHead(301).end());
    const { clock, services, answered, servers } = watch([sick.url, well.url]);
    const health = (isSickUp: boolean) => [
      { service: 's', url: sick.url, up: isSickUp },
      { service: 's', url: well.url, up: true },
    ];
    // A server without a result counts as healthy.
    expect(servers()).toEqual([sick.url, well.url].sort());
    expect(services.health()).toEqual(health(true));
    await answered(2);
    expect(servers()).toEqual([well.url]);
    expect(services.health()).toEqual(health(false));
    status = 204;
    await clock.advance(9999);
    expect(servers()).toEqual([well.url]);
    await clock.advance(1);
    await answered(4);
    expect(servers()).toEqual([sick.url, well.url].sort());
    expect(services.health()).toEqual(health(true));
  });

  it('leaves no server when all fail, even when one refuses the connection', async () => {
    const gone = await startServer(() => {});
    await gone.close();
    const { answered, servers } = watch([gone.url]);
    await answered(1);
    expect(servers()).toEqual(['none']);
  });

  it('does not mistake late bytes for the response to the next check', async () => {
    const sockets = new Set<unknown>();
    const well = await serve(({ socket }, response) => {
      if (sockets.has(socket)) socket.end('HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n');
      else response.writeHead(200, { 'content-length': 0 }).end();
      sockets.add(socket);
    });
    const { clock, answered, servers } = watch([well.url]);
    for (let round = 1; round <= 3; round += 1) {
      await answered(round);
      expect(servers()).toEqual([well.url]);
      await clock.advance(check.intervalMs);
    }
    expect(well.counts()).toMatchObject({ requests: sockets.size });
  });

  it('removes a server whose responses a request would reject', async () => {
    const responses = [...badHeads, ...badBodies.filter(({ ends }) => ends !== true)].filter(
      ({ method }) => method === undefined,
    );
    const whatByUrl = new Map<string, string>();
    for (const { what, bytes, ends } of responses) {
      const server = createNetServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          if (ends === true) socket.end(bytes, 'latin1');
          else socket.write(bytes, 'latin1');
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      cleanup.push(() => new Promise((resolve) => server.close(resolve)));
      whatByUrl.set(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, what);
    }
    const { services, answered } = watch([...whatByUrl.keys()]);
    await answered(responses.length);
    const up = () => services.health().flatMap(({ url, up: isUp }) => (isUp ? [whatByUrl.get(url)] : []));
    await expect.poll(up).toEqual([]);
  });

  it('sends requests with the configured method, host, headers and path', async () => {
    const asked = defer<unknown>();
    const server = await serve(({ method, url, headers }, response) => {
      asked.resolve({ method, url, host: headers.host, token: headers['x-token'] });
      response.writeHead(202).end();
    });
    const { port } = new URL(server.url);
    const config = {
      method: 'HEAD',
      hostname: 'api.example',
      headers: { 'X-Token': 't' },
      status: 202,
      port: Number(port),
    };
    const { answered, servers } = watch(['http://127.0.0.1:1/base'], config);
    expect(await asked.promise).toEqual({
      method: 'HEAD',
      url: '/health?deep=1',
      host: 'api.example',
      token: 't',
    });
    await answered(1);
    expect(servers()).toEqual(['http://127.0.0.1:1/base']);
  });

  it('follows redirects, to another server too, without credentials there', async () => {
    const asked: string[] = [];
    const other = await serve(({ method, url, headers }, response) => {
      asked.push(
        `other ${method} ${url} ${headers.authorization} ${String(headers['x-token'])} ${headers.host === otherHost}`,
      );
      response.writeHead(204).end();
    });
    const otherHost = new URL(other.url).host;
    const server = await serve(({ method, url, headers }, response) => {
      asked.push(`${method} ${url} ${headers.authorization} ${headers['user-agent']}`);
      const locations: Record<string, [number, string]> = {
        '/health?deep=1': [307, 'next?x=1'],
        '/next?x=1': [302, '/last'],
        '/last': [308, `${other.url}/there`],
      };
      const [status, location] = locations[url ?? ''] ?? [500, ''];
      response.writeHead(status, { Location: location }).end('moved');
    });
    const { answered, servers } = watch([server.url], {
      method: 'POST',
      status: 204,
      headers: { Authorization: 'secret', 'X-Token': 't' },
    });
    await answered(1);
    expect(servers()).toEqual([server.url]);
    expect(asked).toEqual([
      'POST /health?deep=1 secret grantgate',
      'POST /next?x=1 secret grantgate',
      'GET /last secret grantgate',
      'other GET /there undefined t true',
    ]);
    await Promise.all([server.closed, other.closed]);
  });

  it.each<[string, Partial<HealthCheckConfig>, string[]]>([
    ['a redirect that is not followed counts as it is', { followRedirects: false }, []],
    [
      'a redirect that is not followed is not what is expected',
      { followRedirects: false, status: 200 },
      ['none'],
    ],
    ['redirects without end are a failure', {}, ['none']],
  ])('%s', async (_what, config, expected) => {
    const server = await serve((_request, response) => response.writeHead(302, { Location: '/again' }).end());
    const { answered, servers } = watch([server.url], config);
    await answered(1);
    expect(servers()).toEqual(expected.length === 0 ? [server.url] : expected);
    expect(server.counts().requests).toBe(config.followRedirects === false ? 1 : 11);
  });

  it('checks an unhealthy server at its own interval', async () => {
    const server = await serve((_request, response) => response.writeHead(500).end());
    const { clock, answered } = watch([server.url], { unhealthyIntervalMs: 3_000 });
    await answered(1);
    await clock.advance(2_999);
    expect(server.counts().requests).toBe(1);
    await clock.advance(1);
    await answered(2);
    expect(server.counts().requests).toBe(2);
  });

  it('skips interim responses', async () => {
    const server = await serve((_request, response) => {
      response.writeContinue();
      response.writeProcessing();
      response.writeContinue();
      response.writeHead(200).end();
    });
    const { answered, servers } = watch([server.url]);
    await answered(1);
    expect(servers()).toEqual([server.url]);
  });

  it('treats any other status than the expected one as a failure', async () => {
    const server = await serve((_request, response) => response.writeHead(200).end());
    const { answered, servers } = watch([server.url], { status: 204 });
    await answered(1);
    expect(servers()).toEqual(['none']);
  });

  it('abandons a response after its time limit, and closes the connection', async () => {
    const arrived = defer();
    const server = await serve(() => arrived.resolve(undefined));
    const { clock, answered, servers } = watch([server.url]);
    await arrived.promise;
    await clock.advance(999);
    expect(servers()).toEqual([server.url]);
    await clock.advance(1);
    await answered(1);
    expect(servers()).toEqual(['none']);
    await server.closed;
  });

  it('decides by the status, and abandons a body that never ends', async () => {
    const server = await serve((_request, response) => void response.writeHead(200).write('data: 1\n\n'));
    const { clock, answered, servers } = watch([server.url]);
    await answered(1);
    expect(server.counts().open).toBe(1);
    await clock.advance(1000);
    await server.closed;
    expect(servers()).toEqual([server.url]);
  });

  it("continues in a configuration that keeps the server, with the server's last health", async () => {
    const sick = await serve((_request, response) => response.writeHead(500).end());
    const { clock, services, upstreams, answered } = watch([sick.url]);
    await answered(1);
    const next = services.open(
      toMap(toLoadBalancer('s', [sick.url, 'http://new.invalid'], { healthCheck: check })),
    );
    await upstreams.close();
    cleanup.push(() => next.close());
    expect(pickHosts(next, 's', 3)).toBe('nnn');
    await clock.advance(check.intervalMs);
    await expect.poll(() => sick.counts().requests).toBe(2);
  });

  it('stops with its configuration, even during a request', async () => {
    const arrived = defer();
    const server = await serve((_request, response) => {
      response.writeHead(200).write('x');
      arrived.resolve(undefined);
    });
    const { clock, upstreams, answered } = watch([server.url]);
    await arrived.promise;
    await answered(1);
    await upstreams.close();
    await server.closed;
    await clock.advance(100_000);
    expect(clock.pending()).toBe(0);
    expect(server.counts().requests).toBe(1);
  });
});

describe('when a configuration replaces another,', () => {
  it('an unchanged service keeps its connections and its turn; a removed one closes', async () => {
    const [kept, gone] = await Promise.all(
      [0, 1].map(() => serve((_request, response) => response.end('ok'))),
    );
    const services = createServices({ clock: createFakeClock() });
    const ask = async (upstreams: Upstreams, name: string): Promise<void> => {
      const { fault } = await askPool(upstreams.byName.get(name)!.pick(plain)!.server.connections);
      expect(fault).toBeUndefined();
    };
    const first = services.open(
      toMap(toLoadBalancer('kept', [kept!.url]), toLoadBalancer('gone', [gone!.url])),
    );
    await ask(first, 'kept');
    await ask(first, 'gone');
    const second = services.open(toMap(toLoadBalancer('kept', [kept!.url])));
    cleanup.push(() => second.close());
    expect(second.byName.get('kept')).toBe(first.byName.get('kept'));
    expect(second.byName.get('gone')).toBeUndefined();
    await first.close();
    await gone!.closed;
    await ask(second, 'kept');
    expect(kept!.counts()).toEqual({ opened: 1, open: 1, requests: 2 });
  });

  it('a weighted service is kept unless one of its members has changed', () => {
    const services = createServices({ clock: createFakeClock() });
    const open = (url: string, weight = 1): Upstreams => {
      const upstreams = services.open(
        toMap(toWeighted('w', { a: 1, b: weight }), toLoadBalancer('a', ['http://a']), toLoadBalancer('b', [url])),
      ); // prettier-ignore
      cleanup.push(() => upstreams.close());
      return upstreams;
    };
    const first = open('http://b');
    expect(pickHosts(first, 'w', 1)).toBe('a');
    expect(pickHosts(open('http://b'), 'w', 1)).toBe('b');
    expect(open('http://c').byName.get('w')).not.toBe(first.byName.get('w'));
    expect(open('http://b', 2).byName.get('w')).not.toBe(first.byName.get('w'));
  });
});
