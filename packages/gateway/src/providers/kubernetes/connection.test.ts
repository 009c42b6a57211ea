import { describe, expect, it } from 'vitest';
import type { TestApiServer } from './api-server.testkit.ts';
import { alwaysWatched, rotateToken, shop, useApiServer } from './following.testkit.ts';

let server: TestApiServer;
const { open, start } = useApiServer((started) => {
  server = started;
});
const route = (name: string, more = ''): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: ${name}, namespace: apps${more} }
spec: { routes: [{ match: Path(\`/${name}\`), services: [{ name: web, port: 80 }] }] }
`;

describe('while the API server', () => {
  it('is unavailable, the last objects stay; changes in between arrive when it is back', async () => {
    server.apply(shop('apps'));
    const { outputs, until, names, events } = await start();
    await server.stop();
    await until(() => events.length === 1);
    expect(events).toMatchObject([
      { kind: 'state', ready: false, reason: expect.stringContaining('ECONN') as string },
    ]);
    server.remove('Service', 'apps/web');
    server.apply(route('meanwhile'));
    await server.start();
    await until(() => events.length === 2 && names().includes('IngressRoute/apps/meanwhile'));
    await until(() => !names().includes('Service/apps/web'));
    expect(events[1]).toEqual({ kind: 'state', ready: true, reason: undefined });
    for (const { documents } of outputs) expect(documents.length).toBeGreaterThanOrEqual(4);
    // It continues where it was: nothing is read twice.
    expect(
      server.requests.filter(({ verb, resource }) => verb === 'list' && resource === 'ingressroutes'),
    ).toHaveLength(1);
  });

  it('cannot be reached at the start, the gateway starts without its routes, and reads them later', async () => {
    server.apply(shop('apps'));
    await server.stop();
    const { clock, last, provider, until, names } = await start();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
    expect(last().documents).toEqual([]);
    expect(last().problems.map(({ code }) => code)).toEqual(
      Array<string>(alwaysWatched).fill('cluster_unavailable'),
    );
    expect(provider.isReady()).toBe(false);
    await server.start();
    await until(() => provider.isReady() && names().length === 5);
    expect(last().problems).toEqual([]);
  });

  it('returns with another history, everything is read again', async () => {
    server.apply(shop('apps'));
    const { until, names } = await start();
    await until(() => server.watches.length === alwaysWatched + 1);
    server.failNext('ingressroutes', 500);
    server.disconnect();
    await until(() => server.watches.length === alwaysWatched + 1);
    for (const status of [504, 504, 504]) {
      server.failNext('ingressroutes', status);
      server.endWatches();
      const asked = server.requests.length;
      await until(() =>
        server.requests.slice(asked).some((r) => r.resource === 'ingressroutes' && r.status === status),
      );
      await until(() => server.watches.length === alwaysWatched + 1);
    }
    server.apply(route('later'));
    await until(() => names().includes('IngressRoute/apps/later'));
    expect(names()).toContain('IngressRoute/apps/shop');
  });

  it('has just started and does not know its roles yet, nothing is reported', async () => {
    const { until, outputs } = await start();
    await until(() => server.watches.length === alwaysWatched);
    server.failNext('services', 403);
    server.disconnect();
    await until(
      () => server.watches.length === alwaysWatched && server.requests.some(({ status }) => status === 403),
    );
    server.apply(route('later'));
    await until(() => outputs.length > 1);
    expect(outputs.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('refuses repeatedly, it receives requests at growing intervals, within bounds', async () => {
    const { until, waits } = await start('', { skipBelowMs: 16_000, random: 0.5 });
    await until(() => server.watches.length === alwaysWatched);
    const before = waits.length;
    server.forbid('middlewares');
    server.endWatches();
    const backoff = (): readonly number[] => waits.slice(before).filter((ms) => ms >= 100);
    await until(() => backoff().filter((ms) => ms === 15_000).length >= 2);
    expect(backoff()).toEqual(expect.arrayContaining([1000, 2000, 4000, 8000]));
    expect(Math.max(...backoff())).toBe(15_000);
    server.permit('middlewares');
    await until(() => server.watches.length === alwaysWatched);
  });

  it('asks to wait, no request is sent earlier', async () => {
    server.failNext('services', 429, { 'Retry-After': '8' });
    const following = open();
    const { clock, until, provider } = following;
    const starting = following.start();
    const lists = (): number => server.requests.filter(({ verb }) => verb === 'list').length;
    await until(() => server.requests.some(({ status }) => status === 429) && lists() === alwaysWatched);
    const asked = server.requests.length;
    await clock.advance(7000);
    expect(server.requests.length).toBe(asked);
    await clock.advance(1200);
    await starting;
    expect(provider.isReady()).toBe(true);
    await until(() => server.watches.length === alwaysWatched);
  });

  it('lacks the kinds of Traefik, the gateway reports it and reads them once they are installed', async () => {
    server.apply(shop('apps'));
    server.uninstall('ingressroutes');
    server.uninstall('middlewares');
    const { last, until, names, provider, clock } = await start();
    expect(clock.monotonic()).toBeLessThan(10_000);
    expect(last().problems.map(({ code, message }) => [code, message])).toEqual([
      [
        'not_installed',
        'the IngressRoutes of all namespaces cannot be read: the kind IngressRoute of traefik.io/v1alpha1 is not installed',
      ],
      [
        'not_installed',
        'the Middlewares of all namespaces cannot be read: the kind Middleware of traefik.io/v1alpha1 is not installed',
      ],
    ]);
    expect(provider.isReady()).toBe(false);
    server.install('ingressroutes');
    server.install('middlewares');
    await until(() => names().length === 5);
    expect(provider.isReady()).toBe(true);
  });
});

describe('a watch', () => {
  it('continues from the last bookmark when it ends', async () => {
    server.apply(shop('apps'));
    const { until, outputs } = await start();
    await until(() => server.watches.length === alwaysWatched + 1);
    server.apply(
      route('unseen')
        .replace('IngressRoute', 'Middleware')
        .replace(/spec:.*/, 'spec: {}'),
    );
    await until(() => outputs.length === 2);
    server.bookmark();
    // Events before the bookmark are discarded: only a client that has seen it can continue without reading everything again.
    server.compact();
    await until(() => server.watches.length === alwaysWatched + 1);
    const lists = (): number => server.requests.filter(({ verb }) => verb === 'list').length;
    const before = lists();
    server.endWatches();
    await until(() => server.watches.length === alwaysWatched + 1);
    expect(lists()).toBe(before);
    expect(server.requests.at(-1)!.query).toMatchObject({ allowWatchBookmarks: 'true', watch: 'true' });
    expect(Number(server.requests.at(-1)!.query['timeoutSeconds'])).toBeGreaterThanOrEqual(300);
  });

  it.each(['an event', 'a status'])(
    'whose version is gone (410 as %s) leads to a new list, and to no empty configuration',
    async (how) => {
      server.apply(shop('apps'));
      const { until, outputs, names } = await start();
      await until(() => server.watches.length === alwaysWatched + 1);
      await server.stop();
      server.apply(route('new'));
      server.remove('Secret', 'apps/keys');
      server.compact();
      if (how === 'a status') server.refuseExpired();
      await server.start();
      await until(() => names().includes('IngressRoute/apps/new') && !names().includes('Secret/apps/keys'));
      for (const { documents } of outputs) expect(documents.length).toBeGreaterThanOrEqual(4);
    },
  );

  it('may come in pieces of one byte, in the middle of characters', async () => {
    server.setPieceBytes(1);
    const { until, outputs, last } = await start();
    await until(() => server.watches.length === alwaysWatched);
    server.apply(route('umlaut').replace('/umlaut', '/grüße/日本/😀'));
    await until(() => outputs.length === 2);
    expect(JSON.stringify(last().documents[0]!.value)).toContain('/grüße/日本/😀');
  });

  it('that is interrupted in the middle of an event repeats it', async () => {
    const { until, outputs, names } = await start();
    await until(() => server.watches.length === alwaysWatched);
    server.inject('ingressroutes', '{"type":"ADDED","object":{"metadata":{"na');
    server.disconnect();
    server.apply(route('whole'));
    await until(() => outputs.length === 2);
    expect(names()).toEqual(['IngressRoute/apps/whole']);
  });

  it('that sends an invalid event is opened again', async () => {
    const { until, outputs, names } = await start();
    await until(() => server.watches.length === alwaysWatched);
    server.inject('ingressroutes', 'no json\n');
    server.inject('services', '{"type":"ADDED","object":null}\n');
    server.apply(route('whole'));
    await until(() => outputs.length === 2);
    expect(names()).toEqual(['IngressRoute/apps/whole']);
  });

  it('that stops responding is closed and reopened', async () => {
    const { until, clock, events } = await start();
    await until(() => server.watches.length === alwaysWatched);
    const asked = server.requests.length;
    await clock.advance(149_000);
    expect(server.requests.length).toBe(asked);
    await clock.advance(2000);
    await until(() => server.requests.length === asked + alwaysWatched);
    expect(events).toEqual([]);
  });
});

describe('credentials', () => {
  it('that have expired are read again unnoticed', async () => {
    server.apply(shop('apps'));
    const { until, names, events } = await start();
    await until(() => server.watches.length === alwaysWatched + 1);
    await rotateToken(server, 'token-2');
    server.acceptOnly('token-2');
    server.disconnect();
    server.apply(route('after'));
    await until(() => names().includes('IngressRoute/apps/after'));
    expect(server.requests.some(({ status }) => status === 401)).toBe(true);
    await until(() => events.at(-1)?.kind !== 'state' || (events.at(-1) as { ready: boolean }).ready);
  });

  it('that are wrong are reported without being shown, and recover when they are corrected', async () => {
    server.acceptOnly('another');
    const { last, until, provider } = await start();
    expect(last().problems.map(({ message }) => message)).toContain(
      'the Services of all namespaces cannot be read: Unauthorized (401)',
    );
    expect(JSON.stringify(last().problems)).not.toContain(server.token);
    await rotateToken(server, 'another');
    await until(() => provider.isReady());
  });
});
