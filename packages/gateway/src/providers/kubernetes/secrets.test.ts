import { describe, expect, it } from 'vitest';
import { prepare } from '../../snapshot/prepare.ts';
import type { TestApiServer } from './api-server.testkit.ts';
import type { FollowingProvider } from './following.testkit.ts';
import { alwaysWatched, shop, useApiServer } from './following.testkit.ts';

let server: TestApiServer;
const { open, start } = useApiServer((started) => {
  server = started;
});
/** A route with its Middleware and Secret, numbered. */
const numbered = (namespace: string, n: number, what = /./): string =>
  shop(namespace)
    .replaceAll('keys', `keys-${n}`)
    .replaceAll('name: auth', `name: auth-${n}`)
    .replaceAll('name: shop', `name: shop-${n}`)
    .replace(`\`/${namespace}\``, `\`/${namespace}/${n}\``)
    .split('---')
    .filter((part) => what.test(part))
    .join('---');
const lists = (): string[] =>
  server.requests
    .filter(({ verb, resource }) => verb === 'list' && resource === 'secrets')
    .map(({ namespace, query }) => `${namespace} ${query['fieldSelector'] ?? 'all'}`);
const secretWatches = () => server.watches.filter(({ resource }) => resource === 'secrets');
/** Each problem of a middleware, as the log has it. */
const problemsOf = ({ translated }: FollowingProvider): readonly string[] =>
  prepare(translated(), {
    env: {},
    readFile: () => '',
    realPath: (path) => path,
    entryPoints: undefined,
  }).problems.map(({ code, message }) => `${code} ${message}`);

describe('more Secrets of a namespace than the threshold', () => {
  it('are read with one list and one watch, and nothing else of the namespace is kept', async () => {
    for (let n = 0; n < 4; n += 1) server.apply(numbered('apps', n));
    server.apply(numbered('other', 0));
    server.apply(numbered('apps', 9, /kind: Secret/));
    const { names, until, outputs } = await start('secretsThreshold: 3');
    expect(lists().sort()).toEqual(['apps all', 'other metadata.name=keys-0']);
    await until(() => secretWatches().length === 2);
    const secrets = () => names().filter((name) => name.startsWith('Secret/apps/'));
    expect(secrets()).toEqual([0, 1, 2, 3].map((n) => `Secret/apps/keys-${n}`));
    server.apply(numbered('apps', 2, /kind: Secret/).replace('hunter2', 'rotated'));
    await until(() => outputs.length === 2);
    server.remove('Secret', 'apps/keys-2');
    await until(() => secrets().length === 3);
    expect(lists()).toHaveLength(2);
  });

  it('are read by name where the role allows no more', async () => {
    for (let n = 0; n < 4; n += 1) server.apply(numbered('apps', n));
    server.forbid('secrets/all');
    const { names, provider, last } = await start('secretsThreshold: 3');
    expect(provider.isReady()).toBe(true);
    expect(names().filter((name) => name.startsWith('Secret/'))).toHaveLength(4);
    expect(last().problems).toEqual([]);
    expect(lists().sort()).toEqual(['apps all', ...[0, 1, 2, 3].map((n) => `apps metadata.name=keys-${n}`)]);
  });

  it('may be added one by one: then they are read together, and no route refuses meanwhile', async () => {
    for (let n = 0; n < 3; n += 1) server.apply(numbered('apps', n));
    const { names, until, outputs } = await start('secretsThreshold: 3');
    expect(lists()).toHaveLength(3);
    for (let n = 3; n < 9; n += 1) server.apply(numbered('apps', n));
    await until(() => names().filter((name) => name.startsWith('Secret/')).length === 9);
    await until(() => secretWatches().length === 1);
    expect(lists()).toContain('apps all');
    for (const { documents } of outputs.slice(1)) {
      const of = (kind: string) => documents.filter(({ file }) => file.includes(`/${kind}/`)).length;
      expect(of('Secret')).toBe(of('Middleware'));
    }
    server.remove('Middleware', 'apps/auth-4');
    await until(() => !names().includes('Secret/apps/keys-4'));
    // A Secret that is referenced again is read again.
    server.apply(numbered('apps', 4, /kind: Middleware/));
    await until(() => names().includes('Secret/apps/keys-4'));
    for (let n = 0; n < 9; n += 1) server.remove('Middleware', `apps/auth-${n}`);
    await until(() => secretWatches().length === 0);
  });

  it('stay in use when a role is removed, and are then watched by name', async () => {
    for (let n = 0; n < 4; n += 1) server.apply(numbered('apps', n));
    const { names, until, outputs } = await start('secretsThreshold: 3');
    await until(() => secretWatches().length === 1);
    server.forbid('secrets/all');
    server.endWatches();
    await until(() => secretWatches().length === 4);
    server.apply(numbered('apps', 1, /kind: Secret/).replace('hunter2', 'rotated'));
    await until(() => outputs.length > 1);
    expect(names().filter((name) => name.startsWith('Secret/'))).toHaveLength(4);
    for (const { documents, problems } of outputs) {
      expect(documents.filter(({ file }) => file.includes('/Secret/'))).toHaveLength(4);
      expect(problems).toEqual([]);
    }
  });
});

describe('the problem of a Secret', () => {
  it('that is absent is that it is missing', async () => {
    server.apply(shop('apps'));
    server.remove('Secret', 'apps/keys');
    expect(problemsOf(await start())).toEqual([
      'missing_secret urn:k8s:secret:keys:id: there is no Secret apps/keys',
      'missing_secret urn:k8s:secret:keys:secret: there is no Secret apps/keys',
    ]);
  });

  it('that no role allows is that it is forbidden, not missing', async () => {
    server.apply(shop('apps'));
    server.forbid('secrets');
    const said = problemsOf(await start());
    expect(said).toContain(
      'forbidden_secret urn:k8s:secret:keys:id: the Secret apps/keys cannot be read: no role of the gateway allows it',
    );
    expect(said.join('\n')).not.toMatch(/missing_secret|there is no Secret/);
  });

  it('that has not been read is unknown until it arrives or is absent', async () => {
    server.apply(shop('apps'));
    const release = server.hold('secrets');
    const following = open();
    const { clock, until, provider, events } = following;
    const starting = following.start();
    await until(() => server.requests.some(({ resource }) => resource === 'secrets'));
    await clock.advance(10_100);
    await starting;
    const unread = [
      'unread_secret urn:k8s:secret:keys:id: the Secret apps/keys has not been read yet',
      'unread_secret urn:k8s:secret:keys:secret: the Secret apps/keys has not been read yet',
    ];
    expect(problemsOf(following)).toEqual(unread);
    expect(provider.waitsFor()).toEqual([
      '1 Secrets or ConfigMaps that other objects refer to, apps/keys among them',
    ]);
    // No Event blames the Middleware for it.
    provider.report(following.translated().problems);
    await clock.advance(30_100);
    expect(provider.isReady()).toBe(true);
    expect(provider.waitsFor()).toEqual([]);
    expect(events.filter(({ kind }) => kind !== 'state')).toEqual([
      { kind: 'secrets_overdue', secrets: ['apps/keys'] },
    ]);
    expect(server.requests.some(({ resource }) => resource === 'events')).toBe(false);
    server.remove('Secret', 'apps/keys');
    release();
    await until(() => problemsOf(following).every((text) => text.startsWith('missing_secret')));
  });
});

it('endpoints and known Secrets change while a new Secret is being read', async () => {
  server.apply(shop('apps'));
  const { until, translated, names, clock } = await start();
  await until(() => server.watches.length === alwaysWatched + 1);
  const release = server.hold('secrets');
  server.apply(numbered('apps', 1));
  await until(() => server.requests.filter(({ resource }) => resource === 'secrets').length === 3);
  server.apply(shop('apps').split('---')[4]!.replace('10.0.0.1', '10.0.0.2'));
  server.apply(shop('apps').split('---')[2]!.replace('hunter2', 'rotated'));
  const urls = () => JSON.stringify([...translated().services.values()]);
  await until(
    () =>
      urls().includes('10.0.0.2') && translated().secrets.get('apps/keys')?.get('secret') === 'rotated-apps',
  );
  expect(names()).not.toContain('IngressRoute/apps/shop-1');
  expect(clock.monotonic()).toBeLessThan(4000);
  release();
  await until(() => names().includes('IngressRoute/apps/shop-1'));
  expect(translated().problems).toEqual([]);
});
