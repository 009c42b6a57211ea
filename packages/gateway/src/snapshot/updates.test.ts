import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '@grantgate/middleware/base/clock';
import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import { createStores } from '@grantgate/middleware/cache/stores';
import { createTokenCache } from '@grantgate/middleware/cache/token-cache';
import type { Document } from '../config/document.ts';
import { parseDocuments } from '../config/parse-documents.ts';
import { createTranslate, translate } from '../providers/translate/translate.ts';
import { createContext, createFacts } from '../routing/facts.testkit.ts';
import { createServices } from '../upstream/create-upstream.ts';
import type { PreparedConfiguration } from './prepared.ts';
import type { Snapshot } from './snapshot.ts';
import { createUpdates } from './updates.ts';

function createPlane() {
  const clock = systemClock;
  let prepared: PreparedConfiguration | undefined;
  const updates = createUpdates({
    env: {},
    entryPoints: new Map([
      ['web', { tls: false, routes: true }],
      ['other', { tls: false, routes: true }],
    ]),
    services: createServices({ clock }),
    middlewares: { clock, cache: createTokenCache({ clock }), stores: createStores({ clock }) },
    onPrepared: (one) => void (prepared = one),
    onCloseError(error) {
      throw error;
    },
  });
  const again = createTranslate();
  return {
    updates,
    take: (documents: readonly Document[]) => updates.take(again(documents)),
    takeAnew: (documents: readonly Document[]) => updates.take(translate(documents)),
    prepared: () => prepared!,
  };
}

const parse = (text: string, file: string): readonly Document[] => parseDocuments(text, file).documents;

const plugin = (url: string): string => `{ plugin: { oAuthClientCredentials: { url: "${url}" } } }`;

/** Entries of one file; each may also be defined in other files, be missing, or be broken. */
const section = (name: string, entries: readonly string[]): string =>
  entries.length === 0 ? '' : `  ${name}:\n${entries.map((entry) => `    ${entry}\n`).join('')}`;
const arbitraryFile = fc
  .record({
    routers: fc.uniqueArray(
      fc.tuple(
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom('Host(`a`)', 'Host(`b`) || Host(`a`)', 'Path(`/x`)', 'Host(`b`) && PathPrefix(`/x`)', 'Nope('),
        fc.constantFrom('s0', 's1', 'w'),
        fc.subarray(['m0', 'm1', 'chain']),
        fc.constantFrom('', ', entryPoints: [other]', ', priority: 50'),
      ),
      { maxLength: 4, selector: ([name]) => name },
    ),
    services: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom('http://a', 'http://b', 'nope')), {
      maxLength: 2,
      selector: ([name]) => name,
    }),
    weighted: fc.constantFrom(undefined, 's0', 's1'),
    middlewares: fc.uniqueArray(
      fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom('https://as.example/1', 'https://as.example/2', 'nope')),
      { maxLength: 2, selector: ([name]) => name },
    ),
    chain: fc.constantFrom(undefined, '[m0]', '[m1, m0]', '[chain]'),
  })
  .map(({ routers, services, weighted, middlewares, chain }) => {
    const text = [
      section('routers', routers.map(([name, rule, service, names, rest]) =>
        `r${name}: { rule: "${rule}", service: ${service}, middlewares: [${names.join(', ')}]${rest} }`)),
      section('services', [
        ...services.map(([name, url]) => `s${name}: { loadBalancer: { servers: [{ url: "${url}" }] } }`),
        ...(weighted === undefined ? [] : [`w: { weighted: { services: [{ name: ${weighted}, weight: 1 }] } }`]),
      ]),
      section('middlewares', [
        ...middlewares.map(([name, url]) => `m${name}: ${plugin(url)}`),
        ...(chain === undefined ? [] : [`chain: { chain: { middlewares: ${chain} } }`]),
      ]),
    ].join('');
    return text === '' ? '' : `http:\n${text}`;
  }); // prettier-ignore

/** Manifests of one file; each object may also be in other files, be missing, or be broken. */
const arbitraryManifests = fc
  .record({
    routes: fc.uniqueArray(
      fc.tuple(
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom('Host(`a`)', 'Host(`b`) || Host(`a`)', 'Path(`/x`)', 'Nope('),
        fc.constantFrom('k0', 'k1', 'none'),
        fc.constantFrom('[{ name: v0, port: 80 }]', '[{ name: v1, port: 80 }, { name: v0, port: 80 }]', '[{ name: v0, port: 81 }]'),
      ),
      { maxLength: 4, selector: ([name]) => name },
    ),
    middlewares: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom('x0', 'x1')), {
      maxLength: 2,
      selector: ([name]) => name,
    }),
    secrets: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom('one', 'two')), {
      maxLength: 2,
      selector: ([name]) => name,
    }),
    services: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom('10.0.0.1', '10.0.0.1, 10.0.0.2', '')), {
      maxLength: 2,
      selector: ([name]) => name,
    }),
  })
  .map(({ routes, middlewares, secrets, services }) =>
    [
      ...routes.map(([name, match, middleware, to]) =>
        `{ apiVersion: traefik.io/v1alpha1, kind: IngressRoute, metadata: { name: r${name}, namespace: apps }, spec: { routes: [{ match: "${match}", middlewares: [{ name: ${middleware} }], services: ${to} }] } }`),
      ...middlewares.map(([name, secret]) =>
        `{ apiVersion: traefik.io/v1alpha1, kind: Middleware, metadata: { name: k${name}, namespace: apps }, spec: { plugin: { oAuthClientCredentials: { url: "https://as.example", clientID: "urn:k8s:secret:${secret}:id", clientSecret: "urn:k8s:secret:${secret}:id" } } } }`),
      ...secrets.map(([name, value]) =>
        `{ apiVersion: v1, kind: Secret, metadata: { name: x${name}, namespace: apps }, stringData: { id: ${value} } }`),
      ...services.flatMap(([name, addresses]) => [
        `{ apiVersion: v1, kind: Service, metadata: { name: v${name}, namespace: apps }, spec: { ports: [{ port: 80 }] } }`,
        `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: { name: v${name}, namespace: apps, labels: { kubernetes.io/service-name: v${name} } }, endpoints: [{ addresses: [${addresses}] }], ports: [{ port: 80 }] }`,
      ]),
    ].join('\n---\n'),
  ); // prettier-ignore

/** Options of the steps, secrets included. */
const optionsOf = ({ steps }: PreparedConfiguration): unknown =>
  Array.from(steps, ([name, { options }]) => [name, options && fingerprint(options)]);

/** The view of requests and of an external proxy. */
function show(snapshot: Snapshot): unknown {
  const routes = ['web', 'other'].flatMap((entryPoint) =>
    ['a', 'b', 'c'].flatMap((host) =>
      ['/', '/x', '/x/y'].map((target) => {
        const facts = createFacts({ entryPoint, host, target });
        const route = snapshot.match(createContext({ entryPoint, host, target }));
        // In any order of turns.
        const servers = Array.from({ length: 8 }, () => route?.upstream.pick(facts)?.server.url);
        return [route, route?.steps.map(({ name }) => name), [...new Set(servers)].sort()];
      }),
    ),
  );
  return JSON.stringify([
    routes,
    ['m0', 'm1@file', 'chain', 'apps-k0@kubernetescrd'].map((name) => snapshot.findSteps(name)),
  ]);
}

describe('a configuration that follows another', () => {
  it('yields the same result as on its own, after any earlier configuration', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.oneof(arbitraryFile, arbitraryManifests)), { minLength: 2, maxLength: 8 }),
        async (changes) => {
          const plane = createPlane();
          const files: (readonly Document[])[] = [[], [], []];
          const leases: { release(): void }[] = [];
          for (const [index, text] of changes) {
            files[index] = parse(text, `f${index}.yaml`);
            plane.take(files.flat());
            const scratch = createPlane();
            scratch.takeAnew(files.flat());
            const lease = plane.updates.holder!.acquire();
            leases.push(lease);
            expect(JSON.stringify(plane.prepared().problems)).toBe(JSON.stringify(scratch.prepared().problems));
            expect(optionsOf(plane.prepared())).toEqual(optionsOf(scratch.prepared()));
            expect(show(lease.snapshot)).toBe(show(scratch.updates.holder!.acquire().snapshot));
          }
          for (const lease of leases) lease.release();
          await plane.updates.holder!.close();
        },
      ),
      { numRuns: 60 },
    );
  }); // prettier-ignore

  it('keeps unchanged routes, steps and servers', () => {
    const plane = createPlane();
    const one = parse(
      `http:\n  routers: { a: { rule: Host(\`a\`), service: s, middlewares: [m] } }\n  services: { s: { loadBalancer: { servers: [{ url: "http://a" }] } } }\n  middlewares: { m: ${plugin('https://as.example')} }\n`,
      'one.yaml',
    );
    const two = (path: string): readonly Document[] =>
      parse(`http: { routers: { b: { rule: Path(\`${path}\`), service: s } } }`, 'two.yaml');
    plane.take([...one, ...two('/1')]);
    const before = plane.updates.holder!.acquire().snapshot.match(createContext({ host: 'a' }));
    plane.take([...one, ...two('/2')]);
    const { snapshot } = plane.updates.holder!.acquire();
    expect(before?.steps).toHaveLength(1);
    expect(snapshot.match(createContext({ host: 'a' }))).toBe(before);
    expect(snapshot.match(createContext({ target: '/1' }))).toBeUndefined();
    expect(snapshot.match(createContext({ target: '/2' }))?.routerName).toBe('b@file');
  });
});

describe('a gradual update', () => {
  it('counts as applied once its routes are served, not before; TLS options change with them', () => {
    const clock = systemClock;
    const waiting: (() => void)[] = [];
    const served: boolean[] = [];
    let swaps = 0;
    const isServed = (): boolean =>
      updates.holder?.acquire().snapshot.match(createContext({ host: 'b' })) !== undefined;
    const updates = createUpdates({
      env: {},
      entryPoints: new Map([['web', { tls: false, routes: true }]]),
      services: createServices({ clock }),
      middlewares: { clock, cache: createTokenCache({ clock }), stores: createStores({ clock }) },
      onPrepared() {},
      onSwap: () => void (swaps += 1),
      onApplied: () => void served.push(isServed()),
      nextTurn: (run) => void waiting.push(run),
      onCloseError(error) {
        throw error;
      },
    });
    const take = (host: string): void =>
      updates.take(
        translate(
          parse(
            `http:\n  routers: { r: { rule: Host(\`${host}\`), service: s } }\n  services: { s: { loadBalancer: { servers: [{ url: "http://a" }] } } }\n`,
            'one.yaml',
          ),
        ),
      );
    take('a');
    expect(served).toEqual([false]);
    take('b');
    const told: string[] = [];
    while (waiting.length > 0) {
      waiting.shift()?.();
      told.push(`${!updates.isPending()} ${isServed()} ${swaps}`);
    }
    expect(served).toEqual([false, true]);
    expect([...new Set(told)]).toEqual(['false false 1', 'true true 2']);
  });
});

describe('a long request', () => {
  it('keeps its own route, but none of the others of its configuration', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const plane = createPlane();
    const routes = (version: number): string =>
      `http:\n  routers:\n    own: { rule: Host(\`own\`), service: s${version} }\n    other: { rule: Host(\`other\`), service: s${version} }\n  services: { s${version}: { loadBalancer: { servers: [{ url: "http://a" }] } } }\n`;
    plane.take(parse(routes(1), 'a.yaml'));
    const lease = plane.updates.holder!.acquire();
    const own = lease.snapshot.match(createContext({ host: 'own' }));
    const other = new WeakRef(lease.snapshot.match(createContext({ host: 'other' }))!);
    plane.take(parse(routes(2), 'a.yaml'));
    // A strong reference that a turn of the event loop creates ends with that turn.
    for (let turn = 0; turn < 20 && other.deref() !== undefined; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(other.deref()).toBeUndefined();
    expect(own?.upstream.pick(createFacts())).toBeDefined();
    lease.release();
  });
});

describe('a chain that an external proxy names', () => {
  it.each([
    ['compress', '{ compress: {} }', 'it changes bodies, which external authorization does not support'],
    [
      'errors',
      "{ errors: { status: ['404'], service: s } }",
      'it changes bodies, which external authorization does not support',
    ],
    ['buffering', '{ buffering: {} }', 'it changes bodies, which external authorization does not support'],
    [
      'addPrefix',
      '{ addPrefix: { prefix: /x } }',
      'it changes the path, which external authorization does not support',
    ],
    ['headers', '{ headers: { customRequestHeaders: { X-A: b } } }', undefined],
  ])('refuses when the proxy cannot handle it: with %s', (_kind, middleware, reason) => {
    const plane = createPlane();
    plane.take(
      parse(
        `http:\n  services: { s: { loadBalancer: { servers: [{ url: "http://a" }] } } }\n  middlewares:\n    own: ${middleware}\n    outer: { chain: { middlewares: [own] } }\n`,
        'one.yaml',
      ),
    );
    const { snapshot } = plane.updates.holder!.acquire();
    for (const name of ['own', 'outer@file']) {
      const found = snapshot.findSteps(name);
      expect(found?.steps).toHaveLength(1);
      expect(found?.broken).toBe(reason);
    }
  });
});
