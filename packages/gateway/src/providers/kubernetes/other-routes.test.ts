import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestApiServer } from './api-server.testkit.ts';
import { startApiServer } from './api-server.testkit.ts';
import type { FollowingProvider } from './following.testkit.ts';
import { follow, shop } from './following.testkit.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../translate/kubernetes/testdata/${name}`, import.meta.url), 'utf8');

let server: TestApiServer;
let following: FollowingProvider | undefined;
beforeEach(async () => {
  server = await startApiServer();
});
afterEach(async () => {
  following?.provider.close();
  following = undefined;
  await server.close();
});

async function start(others: string): Promise<FollowingProvider> {
  following = follow(server, '', { others });
  await following.start();
  return following;
}

/** Names of the routers whose requests are served, or refused by purpose. */
const routersOf = ({ translated }: FollowingProvider): readonly string[] =>
  [...translated().routers.keys()].map((name) => name.replace('@kubernetes', '')).sort();

const ingress = (className: string): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i, namespace: apps, annotations: { traefik.ingress.kubernetes.io/router.middlewares: apps-auth@kubernetescrd } }
spec:
  ingressClassName: ${className}
  rules: [{ http: { paths: [{ path: /i, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`;
const ingressClass = (name: string, controller: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: { name: ${name} }, spec: { controller: ${controller} } }`;

describe('Ingresses of a cluster', () => {
  it('are read only with kubernetesIngress', async () => {
    server.apply(shop('apps'));
    server.apply(read('ingress.yaml'));
    expect(routersOf(await start(''))).toHaveLength(1);
    expect(server.requests.some(({ group }) => group === 'networking.k8s.io')).toBe(false);
  });

  it('are served with a Middleware of the same cluster', async () => {
    server.apply(shop('apps'));
    server.apply(ingressClass('own', 'grantgate.dev/ingress-controller'));
    server.apply(ingress('own'));
    const { translated } = await start('kubernetesIngress: {}');
    const { routers, services, problems } = translated();
    expect(problems).toEqual([]);
    expect(routers.get('apps-i-i@kubernetes')).toMatchObject({
      rule: 'PathPrefix("/i")',
      middlewares: ['apps-auth@kubernetescrd'],
      errors: [],
    });
    expect(services.get('apps-web-80@kubernetes')).toMatchObject({
      servers: [{ url: 'http://10.0.0.1:8080' }],
    });
  });

  it('are added and removed with their IngressClass', async () => {
    server.apply(shop('apps'));
    server.apply(ingress('own'));
    const of = await start('kubernetesIngress: {}');
    expect(routersOf(of)).toHaveLength(1);
    server.apply(ingressClass('own', 'traefik.io/ingress-controller'));
    await of.until(() => routersOf(of).includes('apps-i-i'));
    server.apply(ingressClass('own', 'k8s.io/ingress-nginx'));
    await of.until(() => !routersOf(of).includes('apps-i-i'));
    expect(routersOf(of)).toHaveLength(1);
  });

  it.each([
    [
      'ingressClass: ours',
      ['apps-all-anyhost', 'apps-all-whole-example-com'],
      ['apps-both-both-example-com'],
    ],
    ['disableIngressClassLookup: true', ['apps-both-both-example-com'], ['apps-all-anyhost']],
    ['namespaces: [elsewhere]', [], ['apps-both-both-example-com', 'apps-all-anyhost']],
    ['labelSelector: team=a', [], ['apps-both-both-example-com', 'apps-all-anyhost']],
  ])('are selected by the options: %s', async (options, served, left) => {
    server.apply(read('ingress.yaml'));
    const routers = routersOf(await start(`kubernetesIngress: { ${options} }`));
    expect(routers).toEqual(expect.arrayContaining(served));
    for (const name of left) expect(routers).not.toContain(name);
    expect(server.requests.some(({ resource }) => resource === 'ingressclasses')).toBe(
      !options.startsWith('disable'),
    );
  });

  it('follow the endpoints of their Services', async () => {
    server.apply(read('ingress.yaml'));
    const of = await start('kubernetesIngress: {}');
    const url = (): unknown => of.translated().services.get('apps-sticky-80@kubernetes');
    expect(url()).toMatchObject({ servers: [{ url: 'https://10.0.0.2:3000' }] });
    server.apply(
      `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: sticky-1, namespace: apps, labels: { kubernetes.io/service-name: sticky } }, addressType: IPv4, ports: [{ port: 3000 }], endpoints: [{ addresses: [10.0.0.9] }] }`,
    );
    await of.until(() => JSON.stringify(url()).includes('10.0.0.9'));
    expect(url()).toMatchObject({ passHostHeader: false, sticky: { cookieName: 'id' } });
  });
});

describe('HTTPRoutes of a cluster', () => {
  it('are read only with kubernetesGateway', async () => {
    server.apply(shop('apps'));
    server.apply(read('http-routes.yaml'));
    expect(routersOf(await start('kubernetesIngress: {}'))).toHaveLength(1);
    expect(server.requests.some(({ group }) => group === 'gateway.networking.k8s.io')).toBe(false);
  });

  it('are served on the port of their listener, and go with their GatewayClass', async () => {
    server.apply(read('http-routes.yaml'));
    const of = await start('kubernetesGateway: {}');
    const { routers } = of.translated();
    expect([...routers.values()].filter(({ listener }) => listener?.port === 18000)).toHaveLength(6);
    expect([...routers.values()].filter(({ listener }) => listener?.port === 18001)).toHaveLength(1);
    server.remove('GatewayClass', '/ours');
    await of.until(() => of.translated().routers.size === 0);
    expect(of.translated().routers.size).toBe(0);
  });

  it('are not ready while the definitions of Gateway API are missing, which is reported', async () => {
    server.uninstall('httproutes');
    server.apply(shop('apps'));
    const { provider, translated } = await start('kubernetesGateway: {}');
    expect(provider.isReady()).toBe(false);
    expect(provider.waitsFor()).toEqual([expect.stringMatching(/^the HTTPRoutes of all namespaces: /)]);
    // The readable routes are served.
    expect(translated().routers.size).toBe(1);
  });
});
