import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TestApiServer } from './api-server.testkit.ts';
import { startApiServer } from './api-server.testkit.ts';
import type { FollowingProvider } from './following.testkit.ts';
import { follow, shop } from './following.testkit.ts';
import { renewMs, retryMs, settleMs } from './event-reporter.ts';

let server: TestApiServer;
let following: FollowingProvider;
beforeEach(async () => {
  server = await startApiServer();
  server.apply(shop('apps').replace('kind: Rule', 'kind: Ruler'));
  following = follow(server);
  await following.start();
});
afterEach(async () => {
  following.provider.close();
  await server.close();
});

/** Reports a problem, and keeps it until it becomes an Event. */
const report = async (): Promise<void> => {
  following.provider.report(following.translated().problems);
  await following.clock.advance(settleMs);
};
const posts = () => server.requests.filter(({ resource, status }) => resource === 'events' && status !== 0);

it('each problem causes one Event beside its object', async () => {
  await report();
  await following.until(() => server.events.length === 1);
  expect(server.events).toMatchObject([
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'apps', name: expect.stringMatching(/^shop\.[0-9a-f]{16}$/) as string },
      type: 'Warning',
      reason: 'InvalidConfiguration',
      note: 'spec.routes[0].kind: expected "Rule" [invalid_value]',
      reportingController: 'grantgate',
      reportingInstance: 'gateway-1',
      regarding: {
        apiVersion: 'traefik.io/v1alpha1',
        kind: 'IngressRoute',
        namespace: 'apps',
        name: 'shop',
        uid: expect.stringContaining('uid-') as string,
      },
    },
  ]);
  for (let reload = 0; reload < 10; reload += 1) await report();
  await following.clock.advance(1000);
  expect(posts()).toHaveLength(1);
});

it('reports of all replicas are counted in one Event, which is renewed before it expires', async () => {
  await report();
  await following.until(() => posts().length === 1);
  const other = follow(server);
  await other.start();
  other.provider.report(other.translated().problems);
  await other.clock.advance(settleMs);
  await following.until(() => server.events[0]!['series'] !== undefined);
  expect(server.events).toMatchObject([{ series: { count: 2 } }]);
  other.provider.close();
  const before = posts().length;
  await following.clock.advance(renewMs + 1000);
  await following.until(() => posts().length === before + 1);
  expect(posts().at(-1)).toMatchObject({ verb: 'patch', status: 200 });
});

it('missing permission for Events is reported once, and the reporter continues without them', async () => {
  server.forbid('events');
  await report();
  const refused = () => following.events.filter(({ kind }) => kind === 'events_refused');
  await following.until(() => refused().length === 1);
  for (let reload = 0; reload < 10; reload += 1) await report();
  await following.clock.advance(renewMs + 1000);
  await following.until(() => posts().length === 2);
  expect(refused()).toHaveLength(1);
});

it('a failed write is repeated', async () => {
  server.failNext('events', 500);
  await report();
  await following.until(() => posts().length === 1);
  expect(server.events).toEqual([]);
  await following.clock.advance(retryMs + 1000);
  await following.until(() => server.events.length === 1);
  expect(posts()).toHaveLength(2);
});

it('a repaired object causes no report', async () => {
  await report();
  await following.until(() => posts().length === 1);
  server.apply(shop('apps'));
  await following.until(() => following.outputs.length === 2);
  await report();
  await following.clock.advance(renewMs * 2);
  expect(posts()).toHaveLength(1);
});

it('Events of other namespaces are written while one is being terminated, which is reported once', async () => {
  server.terminate('apps');
  server.apply(shop('later').replace('kind: Rule', 'kind: Ruler'));
  await following.until(() => following.outputs.length === 2);
  for (let reload = 0; reload < 3; reload += 1) await report();
  await following.until(() => server.events.length === 1);
  expect(server.events[0]!.metadata.namespace).toBe('later');
  expect(following.events.filter(({ kind }) => kind === 'events_refused')).toMatchObject([
    { namespace: 'apps', reason: expect.stringContaining('being terminated') as string },
  ]);
});

it.each([422, 403])('other Events are written after one was rejected with %d', async (status) => {
  server.apply(shop('later').replace('kind: Rule', 'kind: Ruler'));
  await following.until(() => following.outputs.length === 2);
  server.failNext('events', status);
  await report();
  await following.until(() => server.events.length === 1 && posts().length === 2);
  expect(following.events.filter(({ kind }) => kind === 'events_refused')).toHaveLength(1);
  await following.clock.advance(renewMs + 1000);
  await following.until(() => server.events.length === 2);
});

it.each([198, 199, 200, 201, 250])(
  'an Event has a name even if the name of its object is cut near its end (%d)',
  async (at) => {
    const name = `${'a'.repeat(at - 1)}.${'b'.repeat(252 - at)}c`;
    server.apply(shop('apps').replace('kind: Rule', 'kind: Ruler').replace('name: shop', `name: ${name}`));
    await following.until(() => following.outputs.length === 2);
    await report();
    await following.until(() => server.events.length === 2);
    expect(posts().map((post) => post.status)).toEqual([201, 201]);
  },
);

it('problems that are fixed at once are not reported', async () => {
  following.provider.report(following.translated().problems);
  await following.clock.advance(settleMs - 100);
  server.apply(shop('apps'));
  await following.until(() => following.outputs.length === 2);
  await report();
  await following.clock.advance(renewMs);
  expect(posts()).toHaveLength(0);
});

it('each rejected Event is announced', async () => {
  server.terminate('apps');
  server.apply(shop('apps').replace('kind: Rule', 'kind: Rulers'));
  await following.until(() => following.outputs.length === 2);
  following.provider.report(following.translated().problems);
  await following.clock.advance(settleMs);
  await following.until(() => following.events.some(({ kind }) => kind === 'events_refused'));
  await following.clock.advance(renewMs);
  await following.until(() => following.events.filter(({ kind }) => kind === 'event_refused').length > 1);
  expect(following.events.filter(({ kind }) => kind === 'events_refused')).toHaveLength(1);
});
