import { describe, expect, it } from 'vitest';
import type { Origin } from '../../../config/document.ts';
import { parseDocuments } from '../../../config/parse-documents.ts';
import { translate } from '../translate.ts';

const strict: Origin = {
  allowCrossNamespace: false,
  allowExternalNameServices: false,
  requireEndpointSlices: true,
  strictPrefixMatching: false,
  defaultTlsNamespace: '',
};

const objects = `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: orders, namespace: apps }
spec:
  routes:
    - match: Path(\`/service\`)
      services: [{ name: there, namespace: shared, port: 80 }]
    - match: Path(\`/middleware\`)
      services: [{ name: here, port: 80 }]
      middlewares: [{ name: auth, namespace: shared }]
    - match: Path(\`/qualified\`)
      services: [{ name: here, port: 80 }]
      middlewares: [{ name: shared-auth@kubernetescrd }]
    - match: Path(\`/chain\`)
      services: [{ name: here, port: 80 }]
      middlewares: [{ name: chain }]
    - match: Path(\`/external\`)
      services: [{ name: external, port: 80 }]
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: auth, namespace: shared }
spec: { plugin: { oAuthClientCredentials: { url: "https://as.example.com/token" } } }
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: chain, namespace: apps }
spec: { chain: { middlewares: [{ name: auth, namespace: shared }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: there, namespace: shared }, spec: { ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: here, namespace: apps }, spec: { ports: [{ port: 80 }] } }
---
apiVersion: v1
kind: Service
metadata: { name: external, namespace: apps }
spec: { type: ExternalName, externalName: db.example.com, ports: [{ port: 80 }] }
`;

/** The messages, and for each path its middlewares and servers, or that it refuses. */
function load(origin: Origin | undefined, text = objects) {
  const { documents } = parseDocuments(text, 'api');
  const { routers, services, middlewares, problems } = translate(
    documents.map((document) => (origin === undefined ? document : { ...document, origin })),
  );
  const isBroken = (name: string): boolean => {
    const middleware = middlewares.get(name);
    if (middleware === undefined || middleware.errors.length > 0) return true;
    return middleware.members?.some(isBroken) === true;
  };
  const routes = Array.from(routers.values(), (router) => {
    const service = services.get(router.service);
    const path = /\/[a-z]+/.exec(router.rule)?.[0] ?? '';
    if (router.errors.length > 0 || router.middlewares.some(isBroken)) return [path, 'refuses'];
    if (service?.kind !== 'loadBalancer' || service.errors.length > 0) return [path, 'refuses'];
    return [path, [...router.middlewares, ...service.servers.map(({ url }) => url)].join(' ')];
  });
  return {
    messages: problems.map(({ code, message }) => `${code}: ${message}`),
    routes: Object.fromEntries(routes) as Readonly<Record<string, string>>,
  };
}

describe('permissions of an object of the cluster', () => {
  it('without options cover only its own namespace', () => {
    expect(load(strict)).toEqual({
      messages: [
        'cross_namespace: the Service shared/there is not in the namespace apps of its IngressRoute: allowCrossNamespace is off',
        'cross_namespace: the Middleware shared/auth is not in the namespace apps of the object that refers to it: allowCrossNamespace is off',
        'cross_namespace: shared-auth@kubernetescrd could cross namespaces: name the Middleware without @kubernetescrd: allowCrossNamespace is off',
        'external_name: the Service apps/external is an ExternalName: allowExternalNameServices is off',
        'cross_namespace: the Middleware shared/auth is not in the namespace apps of the object that refers to it: allowCrossNamespace is off',
      ],
      routes: {
        '/service': 'refuses',
        '/middleware': 'refuses',
        '/qualified': 'refuses',
        '/chain': 'refuses',
        '/external': 'refuses',
      },
    });
  });

  it('with allowCrossNamespace cover any namespace', () => {
    const { messages, routes } = load({ ...strict, allowCrossNamespace: true, requireEndpointSlices: false });
    expect(messages).toHaveLength(1);
    const here = 'http://here.apps.svc.cluster.local:80';
    expect(routes).toEqual({
      '/service': 'http://there.shared.svc.cluster.local:80',
      '/middleware': `shared-auth@kubernetescrd ${here}`,
      '/qualified': `shared-auth@kubernetescrd ${here}`,
      '/chain': `apps-chain@kubernetescrd ${here}`,
      '/external': 'refuses',
    });
  });

  it('with allowCrossNamespace do not reach an object with a similar name', () => {
    const { messages } = load(
      { ...strict, allowCrossNamespace: true },
      objects.replace('{ name: auth, namespace: shared }', '{ name: b-auth, namespace: shared }'),
    );
    expect(messages).toContain(
      'missing_reference: there is no middleware shared-b-auth@kubernetescrd: did you mean shared-auth@kubernetescrd?',
    );
    const alike = load(
      { ...strict, allowCrossNamespace: true },
      objects.replaceAll('metadata: { name: auth, namespace: shared }', 'metadata: { name: shared-auth, namespace: a }')
        .replaceAll('{ name: auth, namespace: shared }', '{ name: auth, namespace: a-shared }'),
    ); // prettier-ignore
    expect(alike.messages).toContain(
      'cross_namespace: there is no Middleware a-shared/auth: a-shared-auth@kubernetescrd is a/shared-auth',
    );
  });

  it('with allowExternalNameServices lead out of the cluster', () => {
    const { routes } = load({ ...strict, allowExternalNameServices: true });
    expect(routes['/external']).toBe('http://db.example.com:80');
  });

  it('never invent an address: without EndpointSlices a Service has no servers', () => {
    expect(load({ ...strict, allowCrossNamespace: true }).routes['/service']).toBe('');
  });
});

it('a file may use external names and names of the cluster, but may not cross namespaces', () => {
  const { messages, routes } = load(undefined);
  expect(messages.every((message) => message.startsWith('cross_namespace: '))).toBe(true);
  expect(messages.join()).not.toContain('allowCrossNamespace');
  expect(routes['/external']).toBe('http://db.example.com:80');
});

it('names of one provider may be used in another', () => {
  const file = parseDocuments(
    `http:
  routers:
    a: { rule: Path(\`/a\`), service: s, middlewares: [apps-own@kubernetescrd] }
  services: { s: { loadBalancer: { servers: [{ url: "http://127.0.0.1" }] } } }
  middlewares: { auth: { plugin: { oAuthClientCredentials: { url: "https://as.example.com/token" } } } }
`,
    'routes.yaml',
  );
  const cluster = parseDocuments(
    `apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: own, namespace: apps }
spec: { chain: { middlewares: [{ name: auth@file }] } }
`,
    'api',
  );
  const { problems, routers } = translate([
    ...file.documents,
    ...cluster.documents.map((document) => ({ ...document, origin: strict })),
  ]);
  expect(problems).toEqual([]);
  expect(routers.get('a@file')?.middlewares).toEqual(['apps-own@kubernetescrd']);
});
