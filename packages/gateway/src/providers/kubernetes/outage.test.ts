import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createKubernetesLog } from '../../observe/kubernetes-log.ts';
import { createLog } from '../../observe/log.ts';
import type { TestApiServer } from './api-server.testkit.ts';
import type { FollowingProvider } from './following.testkit.ts';
import { alwaysWatched, rotateToken, shop, useApiServer } from './following.testkit.ts';

let server: TestApiServer;
const { start } = useApiServer((started) => {
  server = started;
  server.apply(shop('apps'));
});
const states = ({ events }: FollowingProvider): readonly (string | undefined)[] =>
  events.flatMap((event) => (event.kind === 'state' ? [event.cause ?? 'ready'] : []));

it('each change of the reason of an outage is announced, and its end', async () => {
  const following = await start();
  const { until } = following;
  await until(() => server.watches.length === alwaysWatched + 1);
  await server.stop();
  await until(() => states(following).at(-1) === 'unreachable');
  server.acceptOnly('token-2');
  await server.start();
  await until(() => states(following).at(-1) === 'unauthorized');
  await rotateToken(server, 'token-2');
  await until(() => states(following).at(-1) === 'ready');
  expect(states(following).filter((state, at, all) => state !== all[at - 1])).toEqual(states(following));
});

describe('the log of an outage', () => {
  const open = () => {
    const clock = createFakeClock();
    const lines: string[] = [];
    const sink = { write: (text: string) => void lines.push(text) };
    const listen = createKubernetesLog(createLog({ level: 'info', format: 'json' }, sink), clock);
    return {
      clock,
      down: (cause: 'unreachable' | 'unauthorized') =>
        listen({ kind: 'state', ready: false, reason: `is ${cause}`, cause }),
      up: () => listen({ kind: 'state', ready: true, reason: undefined, cause: undefined }),
      said: () =>
        lines
          .map((line) => JSON.parse(line) as { readonly msg: string; readonly reason?: string })
          .map(({ msg, reason }) => reason ?? msg),
    };
  };

  it('has each reason once, and again when it returns after a minute', async () => {
    const { clock, down, up, said } = open();
    for (let times = 0; times < 3; times += 1) {
      down('unreachable');
      down('unauthorized');
    }
    up();
    up();
    await clock.advance(60_000);
    down('unauthorized');
    expect(said()).toEqual([
      'is unreachable',
      'is unauthorized',
      'Kubernetes API available again',
      'is unauthorized',
    ]);
  });

  it('has an outage that begins within a minute of the last one, once it has lasted', async () => {
    const { clock, down, up, said } = open();
    down('unreachable');
    await clock.advance(10_000);
    up();
    down('unreachable');
    await clock.advance(49_999);
    expect(said()).toEqual(['is unreachable', 'Kubernetes API available again']);
    await clock.advance(10_000);
    up();
    expect(said().slice(2)).toEqual(['is unreachable', 'Kubernetes API available again']);
  });
});

it('the reasons for waiting are listed while the provider is not ready', async () => {
  server.acceptOnly('another');
  const { provider, until } = await start();
  expect(provider.waitsFor()).toEqual(
    [
      ...['IngressRoutes', 'Middlewares', 'TLSOptions', 'TLSStores', 'ServersTransports'],
      ...['TraefikServices', 'Services', 'EndpointSlices'],
    ].map((kind) => `the ${kind} of all namespaces: Unauthorized (401)`),
  );
  await rotateToken(server, 'another');
  await until(() => provider.isReady());
  expect(provider.waitsFor()).toEqual([]);
});

it('the first success after an outage wakes every watch', async () => {
  let draws = 0;
  const following = await start('', { random: () => ((draws += 1) % 7) / 7 });
  const { until, clock } = following;
  await until(() => server.watches.length === alwaysWatched + 1);
  await server.stop();
  await until(() => states(following).at(-1) === 'unreachable');
  // Back-off of up to 30 s, which ends at a different time for each.
  for (let times = 0; times < 5; times += 1) await clock.advance(30_000);
  await server.start();
  await until(() => {
    if (server.watches.length === 0) void clock.advance(10);
    return server.watches.length > 0;
  });
  const back = clock.monotonic();
  await until(() => server.watches.length === alwaysWatched + 1);
  expect(clock.monotonic() - back).toBeLessThan(1000);
});

it.each([403, 404])('a refusal (%d) of a server that has just started is not a problem', async (status) => {
  for (const resource of ['ingressroutes', 'services']) server.failNext(resource, status);
  const { outputs, provider, names } = await start();
  expect(provider.isReady()).toBe(true);
  expect(names()).toHaveLength(5);
  expect(outputs.flatMap(({ problems }) => problems)).toEqual([]);
});

it('the state of each resource is reported', async () => {
  const { provider, until, clock } = await start();
  await until(() => server.watches.length === alwaysWatched + 1);
  await until(() => provider.status().every(({ watches }) => watches === 1));
  await clock.advance(7000);
  server.bookmark();
  await until(() => provider.status().every(({ silentMs = 1 }) => silentMs < 7000));
  expect(provider.status().map(({ resource, synced }) => [resource, synced])).toEqual([
    ['ingressroutes', true],
    ['middlewares', true],
    ['tlsoptions', true],
    ['tlsstores', true],
    ['serverstransports', true],
    ['traefikservices', true],
    ['services', true],
    ['endpointslices', true],
    ['secrets', true],
  ]);
  await server.stop();
  await until(() => provider.status().every(({ watches }) => watches === 0));
});
