import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LoadBalancerConfig } from '../../../config/dynamic.ts';
import type { Origin } from '../../../config/document.ts';
import { parseDocuments } from '../../../config/parse-documents.ts';
import { translate } from '../translate.ts';

const read = (name: string): string => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');

interface IngressRouter {
  readonly rule: string;
  readonly priority: number;
  readonly service: string;
  readonly middlewares?: readonly string[];
  readonly entryPoints: readonly string[];
  readonly tls?: object;
}

/** `/api/rawdata` of Traefik 3.7.13 for the same objects on 2026-11-29, with `web` as its only entry point. */
const recorded = JSON.parse(read('ingress.traefik.json')) as {
  readonly routers: Readonly<Record<string, IngressRouter>>;
  readonly services: Readonly<
    Record<
      string,
      { readonly servers: readonly object[]; readonly passHostHeader: boolean; readonly sticky?: object }
    >
  >;
  readonly strictPrefixMatching: Readonly<Record<string, { readonly rule: string }>>;
};

const origin: Origin = {
  allowCrossNamespace: false,
  allowExternalNameServices: false,
  requireEndpointSlices: true,
  strictPrefixMatching: false,
  defaultTlsNamespace: '',
};

function load(text: string, options?: Origin) {
  const { documents, problems } = parseDocuments(text, 'ingress.yaml');
  expect(problems).toEqual([]);
  return translate(
    documents.map((document) => (options === undefined ? document : { ...document, origin: options })),
  );
}

/** Without those of other classes, which the provider of a cluster does not pass on. */
const objects = read('ingress.yaml');
const own = objects
  .split('\n---\n')
  .filter((text) => !/ingressClassName: theirs/.test(text))
  .join('\n---\n');

/** Problems without those of middlewares that the objects do not have. */
const messagesOf = ({ problems }: ReturnType<typeof load>): readonly string[] =>
  problems.flatMap(({ severity, path, code, message }) =>
    code === 'missing_reference' && message.startsWith('there is no middleware')
      ? []
      : `${severity} ${path}: ${message}`,
  );

describe('an Ingress', () => {
  it('has the same routers and services as in Traefik 3.7', () => {
    const { routers, services } = load(own, origin);
    const shown = Array.from(routers.values(), (router) => ({
      rule: router.rule,
      // The length of the rule, which the routing table uses.
      priority: router.priority ?? router.rule.length,
      service: router.service.replace('@kubernetes', ''),
      middlewares: router.middlewares,
      entryPoints: router.entryPoints.length === 0 ? ['web'] : router.entryPoints,
      tls: router.tls,
    }));
    const expected = Object.entries(recorded.routers).map(([name, router]) => [
      name,
      { ...router, middlewares: router.middlewares ?? [], tls: router.tls !== undefined },
    ]);
    expect(Object.fromEntries(Array.from(routers.keys(), (name, at) => [name, shown[at]]))).toEqual(
      Object.fromEntries(expected),
    );
    const balancers = Array.from(services, ([name, service]) => {
      const { servers, passHostHeader, sticky } = service as LoadBalancerConfig;
      return [name, { urls: servers.map(({ url }) => url), passHostHeader, cookie: sticky?.cookieName }];
    });
    expect(Object.fromEntries(balancers)).toEqual(
      Object.fromEntries(
        Object.entries(recorded.services).map(([name, { servers, passHostHeader, sticky }]) => [
          name,
          {
            urls: servers.map((server) => (server as { url: string }).url),
            passHostHeader,
            cookie: (sticky as { cookie: { name: string } } | undefined)?.cookie.name,
          },
        ]),
      ),
    );
  });

  it('matches whole path elements with strictPrefixMatching, as Traefik 3.7 does', () => {
    const { routers } = load(own, { ...origin, strictPrefixMatching: true });
    expect(Object.fromEntries(Array.from(routers, ([name, { rule }]) => [name, { rule }]))).toEqual(
      recorded.strictPrefixMatching,
    );
  });

  it('is read from files too, unless it belongs to another controller', () => {
    const loaded = load(objects);
    expect([...loaded.routers.keys()].sort()).toEqual(Object.keys(recorded.routers).sort());
    expect(messagesOf(loaded)).toEqual([
      'warning : the Ingress theirs is ignored: its class is theirs',
      'warning spec.defaultBackend: defaultBackend is ignored because there are rules, as in Traefik: move it to its own Ingress',
    ]);
  });
});

const ingress = (more: { readonly annotations?: object; readonly spec?: object }): string =>
  JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'i', namespace: 'apps', annotations: more.annotations ?? {} },
    spec: more.spec ?? {
      rules: [{ host: 'a.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: web }] } }],
    },
  });
const web = { service: { name: 'web', port: { number: 80 } } };
const service = `{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: apps }, spec: { ports: [{ port: 80 }] } }`;
const prefix = 'traefik.ingress.kubernetes.io/';

describe('an Ingress that is not understood', () => {
  it.each([
    ['router.middleware', 'x', 'unknown annotation router.middleware: did you mean router.middlewares?'],
    [
      'auth-type',
      'basic',
      'unknown annotation auth-type: expected one of router.entrypoints, router.middlewares, router.priority, router.pathmatcher, router.rulesyntax, router.tls, router.tls.options',
    ],
    ['router.priority', 'high', 'expected a whole number'],
    ['router.tls', 'yes', 'expected true or false'],
    ['router.tls.options', 'strict', 'there is no TLSOption strict@kubernetes'],
    ['router.pathmatcher', 'HostRegexp', 'expected Path, PathPrefix or PathRegexp'],
    ['router.rulesyntax', 'v2', 'expected v3, the only supported syntax of rules'],
  ])('refuses because of the annotation %s: %s', (name, value, message) => {
    const loaded = load(`${ingress({ annotations: { [prefix + name]: value } })}\n---\n${service}`);
    expect(loaded.problems.map((problem) => problem.message)).toEqual([message]);
    for (const router of loaded.routers.values()) expect(router.errors).toHaveLength(1);
    expect(loaded.routers.size).toBe(1);
  });

  it.each([
    [{ resource: { kind: 'Bucket', name: 'b' } }, 'backend.resource: unknown option resource'],
    [{ service: { name: 'web' } }, 'backend.service.port: is required'],
    [{ service: { name: 'web', port: { number: 81 } } }, 'the Service apps/web has no port 81'],
    [{ service: { name: 'none', port: { number: 80 } } }, 'there is no Service apps/none'],
  ])('refuses because of the backend %j', (backend, message) => {
    const spec = { rules: [{ host: 'a', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] };
    const { problems, routers, services } = load(`${ingress({ spec })}\n---\n${service}`);
    expect(problems.map((problem) => `${problem.path}: ${problem.message}`).join()).toContain(message);
    const [router] = [...routers.values()];
    expect(router!.errors.length + (services.get(router!.service)?.errors.length ?? 0)).toBeGreaterThan(0);
  });

  it('refuses when a middleware is missing', () => {
    const annotations = { [`${prefix}router.middlewares`]: 'apps-none@kubernetescrd, auth' };
    const { routers, problems } = load(`${ingress({ annotations })}\n---\n${service}`);
    expect(problems.map(({ message }) => message)).toEqual([
      'there is no middleware apps-none@kubernetescrd',
      'there is no middleware auth@kubernetes',
    ]);
    expect([...routers.values()][0]!.errors).toHaveLength(2);
  });

  describe('with a Middleware of another namespace', () => {
    const foreign = `{ apiVersion: traefik.io/v1alpha1, kind: Middleware, metadata: { name: b-auth, namespace: bank }, spec: { addPrefix: { prefix: /x } } }`;
    const own = foreign.replace('b-auth', 'auth').replace('bank', 'apps');
    const objects = (middleware: string): string =>
      [ingress({ annotations: { [`${prefix}router.middlewares`]: middleware } }), service, foreign, own].join(
        '\n---\n',
      );
    const slices: Origin = { ...origin, requireEndpointSlices: false };

    it('refuses in a cluster, because a tenant could have the token of another sent to its own Service', () => {
      const { routers, problems } = load(objects('bank-b-auth@kubernetescrd'), slices);
      expect(problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
        'cross_namespace: the Middleware bank/b-auth is not in the namespace apps of the object that refers to it: allowCrossNamespace is off',
      ]);
      expect([...routers.values()][0]!.errors).toHaveLength(1);
    });

    it('is served with allowCrossNamespace, and in files', () => {
      for (const options of [{ ...slices, allowCrossNamespace: true }, undefined])
        expect(load(objects('bank-b-auth@kubernetescrd'), options).problems).toEqual([]);
    });

    it('may use those of its own namespace and of files', () => {
      const { problems } = load(objects('apps-auth@kubernetescrd,house@file'), slices);
      expect(problems.map(({ message }) => message)).toEqual(['there is no middleware house@file']);
    });
  });

  it('refuses when its Service has an annotation that is not understood', () => {
    const annotated = service.replace(
      'namespace: apps }',
      `namespace: apps, annotations: { ${prefix}service.serverstransport: t } }`,
    );
    const { services, problems } = load(`${ingress({})}\n---\n${annotated}`);
    expect(problems.map(({ message }) => message)).toEqual(['there is no ServersTransport t@kubernetes']);
    expect(services.get('apps-web-80@kubernetes')!.errors).toHaveLength(1);
  });

  it('reports ignored annotations of other controllers', () => {
    const annotations = { 'nginx.ingress.kubernetes.io/auth-url': 'https://a' };
    const { routers, problems } = load(`${ingress({ annotations })}\n---\n${service}`);
    expect(problems.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'warning: nginx.ingress.kubernetes.io/auth-url is ignored: it belongs to another controller',
    ]);
    expect([...routers.values()][0]!.errors).toEqual([]);
  });
});
