import { beforeEach, describe, expect, it } from 'vitest';
import type { TestApiServer } from './api-server.testkit.ts';
import type { FollowingProvider } from './following.testkit.ts';
import { shop, useApiServer } from './following.testkit.ts';
import { findPruned } from './pruned.ts';

let server: TestApiServer;
let following: FollowingProvider;
const { start } = useApiServer((started) => {
  server = started;
});

/** Whether each route refuses, by its rule. */
const refusing = async (): Promise<Readonly<Record<string, boolean>>> => {
  following = await start();
  return Object.fromEntries(
    [...following.translated().routers.values()].map(({ rule, errors }) => [rule, errors.length > 0]),
  );
};
const two = (first: string, second: string, spec = ''): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: two, namespace: apps }
spec:
  ${spec}
  routes:
    - { match: Path(\`/a\`), services: [{ name: web, port: 80 }], ${first} }
    - { match: Path(\`/b\`), services: [{ name: web, port: 80 }], ${second} }
`;
const protection = 'middlewares: [{ name: auth }]';

describe('a route whose applied form has a field that the API server dropped', () => {
  beforeEach(() => server.apply(shop('apps').split('---').slice(1).join('---')));

  it.each(['middleware', 'Middlewares', 'middelwares', 'middlewares '])(
    'refuses when the field is %j, and the others serve',
    async (name) => {
      server.prune(name);
      server.apply(two(`"${name}": [{ name: auth }]`, protection));
      expect(await refusing()).toEqual({ 'Path(`/a`)': true, 'Path(`/b`)': false });
      expect(following.translated().problems).toMatchObject([
        {
          code: 'pruned_field',
          severity: 'error',
          path: expect.stringContaining(`spec.routes[0]`) as string,
          place: { object: { kind: 'IngressRoute', namespace: 'apps', name: 'two' } },
        },
      ]);
    },
  );

  it('refuses with all others when the field does not belong to one route', async () => {
    server.prune('rules');
    server.apply(two(protection, protection, 'rules: []'));
    expect(await refusing()).toEqual({ 'Path(`/a`)': true, 'Path(`/b`)': true });
  });

  it('serves again when it is applied with the right name', async () => {
    server.prune('middleware');
    server.apply(two('middleware: [{ name: auth }]', protection));
    await refusing();
    server.apply(two(protection, protection));
    await following.until(() => following.outputs.length === 2);
    expect(following.translated().problems).toEqual([]);
  });

  it('is found in managedFields, if an API server keeps the field there, unlike kube-apiserver 1.36', async () => {
    server.apply(
      two(protection, protection).replace(
        'namespace: apps }',
        'namespace: apps, managedFields: [{ manager: argocd, fieldsV1: { "f:spec": { "f:entrypoint": {}, "f:routes": {} } } }] }',
      ),
    );
    expect(await refusing()).toEqual({ 'Path(`/a`)': true, 'Path(`/b`)': true });
  });
});

describe('findPruned', () => {
  const find = (applied: unknown, live: unknown, known: readonly string[] = []) =>
    findPruned(
      {
        metadata: {
          annotations: {
            'kubectl.kubernetes.io/last-applied-configuration':
              typeof applied === 'string' ? applied : JSON.stringify({ spec: applied }),
          },
        },
        spec: live,
      },
      (name) => known.includes(name),
    ).map((path) => path.join('.'));

  it.each([
    ['nothing is missing', { a: 1, b: [{ c: 1 }] }, { a: 2, b: [{ c: 2, d: 3 }], e: 4 }, []],
    ['a field is missing', { a: 1, b: 1 }, { a: 1 }, ['spec.b']],
    ['a known field was removed by another client', { a: 1, known: 1 }, { a: 1 }, []],
    ['a field of an item is missing', { r: [{ a: 1 }, { b: 1 }] }, { r: [{ a: 1 }, {}] }, ['spec.r.1.b']],
    [
      'items were added and moved',
      {
        r: [
          { match: 'x', b: 1 },
          { name: 'y', b: 1 },
        ],
      },
      { r: [{ match: 'z' }, { name: 'y' }, { match: 'x' }] },
      ['spec.r.2.b', 'spec.r.1.b'],
    ],
    ['an item was removed', { r: [{ match: 'x', b: 1 }] }, { r: [] }, []],
    ['users name the fields', { headers: { a: 1 } }, { headers: {} }, []],
    ['the note is broken', '{', { a: 1 }, []],
    ['the note does not describe an object', '[]', { a: 1 }, []],
  ] as const)('reports dropped fields when %s', (_, applied, live, expected) => {
    expect(find(applied, live, ['known'])).toEqual(expected);
  });

  it("finds nothing without kubectl's annotation", () => {
    expect(findPruned({ metadata: {}, spec: { a: 1 } }, () => false)).toEqual([]);
  });
});
