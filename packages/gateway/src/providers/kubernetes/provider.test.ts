import { describe, expect, it } from 'vitest';
import type { TestApiServer } from './api-server.testkit.ts';
import { alwaysWatched, shop, useApiServer } from './following.testkit.ts';

let server: TestApiServer;
const { open, start } = useApiServer((started) => {
  server = started;
});
const everything = (namespace: string): readonly string[] => [
  `EndpointSlice/${namespace}/web-1`,
  `IngressRoute/${namespace}/shop`,
  `Middleware/${namespace}/auth`,
  `Secret/${namespace}/keys`,
  `Service/${namespace}/web`,
];
const route = (name: string, more = ''): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: ${name}, namespace: apps${more} }
spec: { routes: [{ match: Path(\`/${name}\`), services: [{ name: web, port: 80 }] }] }
`;

describe('a cluster', () => {
  it('is read completely, and becomes routes', async () => {
    server.apply(shop('apps'));
    const { names, translated, outputs, provider } = await start();
    expect(outputs).toHaveLength(1);
    expect(names()).toEqual(everything('apps'));
    expect(provider.isReady()).toBe(true);
    const { routers, services, problems } = translated();
    expect(problems).toEqual([]);
    expect([...routers.values()]).toMatchObject([
      { rule: 'PathPrefix(`/apps`)', middlewares: ['apps-auth@kubernetescrd'], errors: [] },
    ]);
    expect([...services.values()]).toMatchObject([{ servers: [{ url: 'http://10.0.0.1:8080' }] }]);
  });

  it('is read in pages', async () => {
    for (let n = 0; n < 501; n += 1) server.apply(route(`r${n}`));
    server.apply(shop('apps'));
    const { names } = await start();
    expect(names().filter((name) => name.startsWith('IngressRoute/'))).toHaveLength(502);
    const lists = server.requests.filter(
      ({ resource, verb }) => resource === 'ingressroutes' && verb === 'list',
    );
    expect(lists.map(({ query }) => [query['limit'], query['continue']])).toEqual([
      ['500', undefined],
      ['500', 'page0.500'],
    ]);
  });

  it('is read without pages when the next page has expired meanwhile', async () => {
    for (let n = 0; n < 501; n += 1) server.apply(route(`r${n}`));
    server.expirePages();
    const { names } = await start();
    expect(names().filter((name) => name.startsWith('IngressRoute/'))).toHaveLength(501);
    const lists = server.requests.filter(
      ({ resource, verb }) => resource === 'ingressroutes' && verb === 'list',
    );
    expect(lists.map(({ query, status }) => [query['limit'], status])).toEqual([
      ['500', 200],
      ['500', 410],
      [undefined, 200],
    ]);
  });

  it('is followed: additions, changes and removals take effect, and the rest stays the same object', async () => {
    server.apply(shop('apps'));
    const { names, last, outputs, until } = await start();
    const before = last().documents;
    server.apply(route('more'));
    await until(() => outputs.length === 2);
    expect(names()).toContain('IngressRoute/apps/more');
    for (const document of before) expect(last().documents).toContain(document);
    server.apply(route('more', ', labels: { a: b }'));
    await until(() => outputs.length === 3);
    server.remove('IngressRoute', 'apps/more');
    await until(() => outputs.length === 4);
    expect(last().documents).toEqual(before);
  });

  it('whose change concerns nothing that is read here changes nothing', async () => {
    server.apply(shop('apps'));
    const { outputs, until, names } = await start();
    // The same object with another version; a Service that no route names; a Secret that no middleware names.
    server.apply(shop('apps'));
    server.apply(shop('other').replace(/^[^]*?---[^]*?---/, ''));
    server.apply(route('last'));
    await until(() => outputs.length > 1);
    expect(outputs).toHaveLength(2);
    expect(names()).toEqual([...everything('apps'), 'IngressRoute/apps/last'].sort());
  });

  it('is read only in the named namespaces, separately for each', async () => {
    server.apply(shop('apps'));
    server.apply(shop('shop'));
    server.apply(shop('secret'));
    const { names } = await start('namespaces: [apps, shop]');
    expect(names()).toEqual([...everything('apps'), ...everything('shop')].sort());
    expect(new Set(server.requests.map(({ namespace }) => namespace))).toEqual(new Set(['apps', 'shop']));
  });

  it('follows IngressRoutes and Middlewares as they gain and lose the selected labels', async () => {
    server.apply(route('mine', ', labels: { team: a }'));
    server.apply(route('theirs', ', labels: { team: b }'));
    const { names, until, outputs } = await start('labelSelector: team=a');
    expect(names()).toEqual(['IngressRoute/apps/mine']);
    server.apply(route('theirs', ', labels: { team: a }'));
    await until(() => outputs.length === 2);
    server.apply(route('mine', ', labels: { team: b }'));
    await until(() => outputs.length === 3);
    expect(names()).toEqual(['IngressRoute/apps/theirs']);
    const selectors = server.requests.map(({ resource, query }) => [resource, query['labelSelector']]);
    expect(new Set(selectors.map(String))).toEqual(
      new Set([
        ...['ingressroutes', 'middlewares', 'tlsoptions', 'tlsstores'].map((name) => `${name},team=a`),
        ...['serverstransports', 'traefikservices'].map((name) => `${name},team=a`),
        'services,',
        'endpointslices,',
      ]),
    );
  });

  it.each([
    ['', ['none', 'traefik']],
    ['ingressClass: internal', ['internal']],
  ])('yields the IngressRoutes of a class: %j', async (options, expected) => {
    server.apply(route('none'));
    for (const name of ['traefik', 'internal', 'nginx'])
      server.apply(route(name, `, annotations: { kubernetes.io/ingress.class: ${name} }`));
    const { names } = await start(options);
    expect(names()).toEqual(expected.map((name) => `IngressRoute/apps/${name}`));
  });

  it.each([
    ['', ['annotated', 'field', 'emptied']],
    ['ingressClass: internal', ['internal', 'moved']],
  ])('reads spec.ingressClassName before the annotation: %j', async (options, expected) => {
    const classed = (name: string, field: string, annotation?: string): string =>
      route(
        name,
        annotation === undefined ? '' : `, annotations: { kubernetes.io/ingress.class: ${annotation} }`,
      ).replace('spec: {', `spec: { ${field}`);
    server.apply(classed('annotated', '', 'traefik'));
    server.apply(classed('field', 'ingressClassName: traefik,', 'nginx'));
    server.apply(classed('emptied', 'ingressClassName: "",', 'internal'));
    server.apply(classed('internal', 'ingressClassName: internal,'));
    server.apply(classed('moved', 'ingressClassName: internal,', 'traefik'));
    server.apply(classed('other', 'ingressClassName: nginx,', 'traefik'));
    const { names, translated } = await start(options);
    expect(names()).toEqual(expected.map((name) => `IngressRoute/apps/${name}`).sort());
    expect(translated().problems.map(({ code }) => code)).not.toContain('unknown_option');
  });

  it('serves with terminating endpoints that still serve, when none is ready', async () => {
    const slice = (conditions: string): string =>
      shop('apps').replace('addresses: [10.0.0.1]', `addresses: [10.0.0.1], conditions: ${conditions}`);
    server.apply(slice('{ ready: false, serving: true, terminating: true }'));
    const { translated, until, outputs } = await start();
    const servers = () =>
      [...translated().services.values()].map((service) => 'servers' in service && service.servers.length);
    expect(servers()).toEqual([1]);
    server.apply(slice('{ ready: false, serving: false, terminating: true }'));
    await until(() => outputs.length === 2);
    expect(servers()).toEqual([0]);
  });

  it('lets references cross namespaces and leave the cluster only when the options allow it', async () => {
    const manifest = `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: r, namespace: apps }
spec:
  routes:
    - match: Path(\`/cross\`)
      middlewares: [{ name: auth, namespace: shop }]
      services: [{ name: web, namespace: shop, port: 80 }]
    - match: Path(\`/out\`)
      services: [{ name: out, port: 80 }]
---
apiVersion: v1
kind: Service
metadata: { name: out, namespace: apps }
spec: { type: ExternalName, externalName: example.com }
`;
    server.apply(shop('shop'));
    server.apply(manifest);
    const strict = await start();
    const codes = strict.translated().problems.map(({ code }) => code);
    expect(codes.filter((code) => code === 'cross_namespace')).toHaveLength(2);
    expect(
      strict
        .translated()
        .problems.map(({ message }) => message)
        .join('\n'),
    ).toMatch(/ExternalName/);
    strict.provider.close();
    const open = await start('allowCrossNamespace: true, allowExternalNameServices: true');
    expect(open.translated().problems).toEqual([]);
  });

  it('creates no route for a Service without endpoints, and invents no address', async () => {
    server.apply(shop('apps'));
    server.remove('EndpointSlice', 'apps/web-1');
    const { translated } = await start();
    expect([...translated().services.values()]).toMatchObject([{ servers: [] }]);
  });

  it('reports the problems of each object by its name', async () => {
    server.apply(shop('apps').replace('port: 80 }]\n---', 'prot: 80 }]\n---'));
    server.apply(
      shop('apps')
        .split('---')[1]!
        .replace('name: auth', 'name: other')
        .replace('oAuthClientCredentials', 'rateLimiter'),
    );
    const { translated } = await start();
    expect(
      translated().problems.map(({ place, path, code }) => [place.object, place.line, path, code]),
    ).toEqual([
      [
        { kind: 'IngressRoute', namespace: 'apps', name: 'shop' },
        0,
        'spec.routes[0].services[0].prot',
        'unknown_option',
      ],
      [
        { kind: 'Middleware', namespace: 'apps', name: 'other' },
        0,
        'spec.plugin.rateLimiter',
        'unknown_middleware',
      ],
    ]);
  });

  it('is updated at most once per throttleDuration', async () => {
    const { outputs, until, clock, names } = await start('throttleDuration: 60s');
    await until(() => server.watches.length === alwaysWatched);
    const pending = clock.pending();
    server.apply(route('a'));
    await until(() => clock.pending() > pending);
    await clock.advance(59_000);
    expect(outputs).toHaveLength(1);
    await clock.advance(1000);
    await until(() => outputs.length === 2);
    expect(names()).toEqual(['IngressRoute/apps/a']);
  });
});

describe('Secrets', () => {
  it('are read one by one, and only those that a Middleware refers to', async () => {
    server.apply(shop('apps'));
    server.apply(shop('apps').split('---')[2]!.replace('name: keys', 'name: unrelated'));
    const { last } = await start();
    const asked = server.requests.filter(({ resource }) => resource === 'secrets');
    expect(new Set(asked.map(({ namespace, query }) => `${namespace} ${query['fieldSelector']}`))).toEqual(
      new Set(['apps metadata.name=keys']),
    );
    const secrets = last().documents.filter(({ file }) => file.includes('/Secret/'));
    // Nothing else is kept, in particular not kubectl's annotation, which contains the values a second time.
    expect(secrets.map(({ value }) => value)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'keys', namespace: 'apps' },
        data: { id: 'c2hvcA==', secret: Buffer.from('hunter2-apps').toString('base64') },
      },
    ]);
  });

  it('are read before the Middleware that first refers to them takes effect', async () => {
    const { outputs, until, translated, names } = await start();
    server.apply(shop('apps'));
    await until(() => outputs.length > 1);
    expect(translated().problems).toEqual([]);
    expect(names()).toContain('Secret/apps/keys');
  });

  it('take effect when they change, disappear and return; unreferenced ones are no longer followed', async () => {
    server.apply(shop('apps'));
    const { outputs, until, translated, names } = await start();
    const secret = shop('apps').split('---')[2]!;
    server.apply(secret.replace('hunter2', 'rotated'));
    await until(() => outputs.length === 2);
    expect(translated().secrets.get('apps/keys')!.get('secret')).toBe('rotated-apps');
    server.remove('Secret', 'apps/keys');
    await until(() => outputs.length === 3);
    expect(translated().secrets.size).toBe(0);
    server.apply(secret);
    await until(() => outputs.length === 4);
    expect(translated().secrets.get('apps/keys')!.get('secret')).toBe('hunter2-apps');
    server.remove('Middleware', 'apps/auth');
    await until(() => outputs.length === 5);
    expect(names()).not.toContain('Secret/apps/keys');
    await until(() => server.watches.every(({ resource }) => resource !== 'secrets'));
  });

  it('that cannot be read delay the rest by a few seconds at most', async () => {
    const { outputs, until, clock, names } = await start();
    const release = server.hold('secrets');
    server.apply(shop('apps'));
    await until(() => server.requests.some(({ resource }) => resource === 'secrets'));
    await clock.advance(4000);
    expect(outputs).toHaveLength(1);
    await clock.advance(1100);
    await until(() => outputs.length === 2);
    expect(names()).not.toContain('Secret/apps/keys');
    // An unsuccessful wait does not delay later changes.
    server.apply(route('next'));
    await until(() => outputs.length === 3);
    release();
    await until(() => names().includes('Secret/apps/keys'));
  });

  it.each(['that arrive late', 'that never arrive'])('%s delay readiness, within bounds', async (which) => {
    server.apply(shop('apps'));
    const release = server.hold('secrets');
    const following = open();
    const { clock, until, provider, names } = following;
    const starting = following.start();
    await until(() => server.requests.some(({ resource }) => resource === 'secrets'));
    await clock.advance(10_100);
    await starting;
    expect(provider.isReady()).toBe(false);
    await clock.advance(29_000);
    expect(provider.isReady()).toBe(false);
    const neverArrive = which === 'that never arrive';
    if (neverArrive) await clock.advance(1100);
    expect(provider.isReady()).toBe(neverArrive);
    release();
    await until(() => provider.isReady() && names().includes('Secret/apps/keys'));
  });

  it('that the role does not allow are named, and the other routes are served', async () => {
    server.apply(shop('apps'));
    server.forbid('secrets');
    const { last, names, outputs, until } = await start();
    expect(last().problems).toMatchObject([
      { code: 'forbidden', place: { file: 'kubernetes/Secret/apps/keys' } },
    ]);
    expect(last().problems[0]!.message).toContain('the Secret apps/keys cannot be read');
    expect(names()).toContain('IngressRoute/apps/shop');
    server.permit('secrets');
    await until(() => outputs.length === 2);
    expect(last().problems).toEqual([]);
    expect(names()).toEqual(everything('apps'));
  });
});
