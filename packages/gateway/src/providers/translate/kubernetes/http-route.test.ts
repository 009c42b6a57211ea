import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Origin } from '../../../config/document.ts';
import { parseDocuments } from '../../../config/parse-documents.ts';
import { createTranslate } from '../translate.ts';

const read = (name: string): string => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');

interface HttpRouteRouter {
  readonly rule: string;
  readonly priority: number;
  readonly entryPoints: readonly string[];
  readonly refuses: boolean;
}

/** `/api/rawdata` of Traefik 3.7.13 for the same objects on 2026-11-29; `web` on port 18000, `hosts` on 18001. */
const recorded = JSON.parse(read('http-routes.traefik.json')) as {
  readonly routers: readonly HttpRouteRouter[];
};

const origin: Origin = {
  allowCrossNamespace: false,
  allowExternalNameServices: false,
  requireEndpointSlices: true,
  strictPrefixMatching: false,
  defaultTlsNamespace: '',
};

/** @param options default: of files. */
function load(text: string, options?: Origin) {
  const { documents, problems } = parseDocuments(text, 'routes.yaml');
  expect(problems).toEqual([]);
  return createTranslate()(
    documents.map((document) => (options === undefined ? document : { ...document, origin: options })),
  );
}

describe('an HTTPRoute', () => {
  it('has the rules, priorities and entry points that Traefik 3.7 gives it', () => {
    const { routers } = load(read('http-routes.yaml'), origin);
    const shown = Array.from(routers.values(), ({ rule, priority, listener, errors }) => ({
      rule,
      priority,
      entryPoints: [listener?.port === 18000 ? 'web' : 'hosts'],
      refuses: errors.length > 0,
    }));
    expect(shown.sort((a, b) => (a.rule < b.rule ? -1 : 1))).toEqual(
      [...recorded.routers].sort((a, b) => (a.rule < b.rule ? -1 : 1)),
    );
  });

  it('reports its problems', () => {
    const { problems } = load(read('http-routes.yaml'), origin);
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(
      [
        'spec.rules[2].filters[0].type: the filter RequestMirror is not supported: expected RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect, URLRewrite, ExtensionRef',
        'spec.rules[0].backendRefs[1].name: there is no Service apps/none',
        'spec.parentRefs: the Gateway apps/edge has no listener for it: allowedRoutes does not allow it',
        'spec.rules[0].backendRefs[0].name: no ReferenceGrant of the namespace apps lets HTTPRoutes of other refer to the Service web',
      ].sort((a, b) => order(problems, a) - order(problems, b)),
    );
  });

  it('applies its filters in their order', () => {
    const { routers, middlewares } = load(read('http-routes.yaml'), origin);
    const router = [...routers.values()].find(({ rule }) => rule.includes('/exact'))!;
    expect(router.middlewares[0]).toBe('apps-auth@kubernetescrd');
    expect(middlewares.get(router.middlewares[1]!)).toMatchObject({
      kind: 'requestHeaderModifier',
      options: { set: [{ name: 'x', value: 'one' }] },
      errors: [],
    });
  });
});

const order = (
  problems: readonly { readonly path: string; readonly message: string }[],
  text: string,
): number => problems.findIndex(({ path, message }) => `${path}: ${message}` === text);

const gateway = (from: object): string =>
  JSON.stringify({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'edge', namespace: 'infra' },
    spec: {
      gatewayClassName: 'grantgate',
      listeners: [{ name: 'web', protocol: 'HTTP', port: 80, allowedRoutes: { namespaces: from } }],
    },
  });
const route = (spec: object = {}): string =>
  JSON.stringify({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'r', namespace: 'apps' },
    spec: {
      parentRefs: [{ name: 'edge', namespace: 'infra' }],
      rules: [{ backendRefs: [{ name: 'web', namespace: 'shared', port: 80 }] }],
      ...spec,
    },
  });
const web = `{ apiVersion: v1, kind: Service, metadata: { name: web, namespace: shared }, spec: { ports: [{ port: 80 }] } }`;
const grant = `
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: g, namespace: shared }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: apps }]
  to: [{ group: '', kind: Service, name: web }]
`;
const namespace = (team: string): string =>
  `{ apiVersion: v1, kind: Namespace, metadata: { name: apps, labels: { team: ${team} } } }`;

describe('an HTTPRoute and the namespaces around it', () => {
  it.each([
    ['All', { from: 'All' }, 1],
    ['Same', { from: 'Same' }, 0],
    ['None', { from: 'None' }, 0],
    ['a selector that fits', { from: 'Selector', selector: { matchLabels: { team: 'a' } } }, 1],
    ['a selector that does not', { from: 'Selector', selector: { matchLabels: { team: 'b' } } }, 0],
    [
      'expressions that fit',
      {
        from: 'Selector',
        selector: {
          matchExpressions: [
            { key: 'team', operator: 'In', values: ['a'] },
            { key: 'gone', operator: 'DoesNotExist' },
          ],
        },
      },
      1,
    ],
    [
      'an expression that does not',
      {
        from: 'Selector',
        selector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] },
      },
      0,
    ],
  ])('is attached to a listener according to its allowedRoutes, with %s', (_, from, count) => {
    const text = [gateway(from), route(), web, grant, namespace('a')].join('\n---\n');
    expect(load(text).routers.size).toBe(count);
  });

  it('may use a Service of another namespace only while a ReferenceGrant exists', () => {
    const translate = createTranslate();
    const documentsOf = (text: string) => parseDocuments(text, 'r.yaml').documents;
    const [one, two] = [
      documentsOf([gateway({ from: 'All' }), route(), web].join('\n---\n')),
      documentsOf(grant),
    ];
    const errorsOf = (documents: typeof one): number =>
      [...translate(documents).services.values()].flatMap(({ errors }) => errors).length;
    expect([errorsOf([...one, ...two]), errorsOf(one), errorsOf([...one, ...two])]).toEqual([0, 1, 0]);
  });

  it.each([
    [undefined, 'http:'],
    ['http', 'http:'],
    ['HTTPS', 'https:'],
    ['kubernetes.io/h2c', 'h2c:'],
    ['kubernetes.io/ws', 'http:'],
    ['kubernetes.io/wss', 'https:'],
  ])('reaches a port with the appProtocol %s by %s', (appProtocol, scheme) => {
    const service = web.replace(
      'port: 80',
      `port: 80${appProtocol === undefined ? '' : `, appProtocol: ${appProtocol}`}`,
    );
    const { services } = load([gateway({ from: 'All' }), route(), service, grant].join('\n---\n'));
    const urls = [...services.values()].flatMap((one) =>
      'servers' in one ? one.servers.map(({ url }) => url) : [],
    );
    expect(urls).toEqual([`${scheme}//web.shared.svc.cluster.local:80`]);
  });

  it('is refused for a port with an appProtocol that it cannot speak', () => {
    const service = web.replace('port: 80', 'port: 80, appProtocol: mongo');
    const { services } = load([gateway({ from: 'All' }), route(), service, grant].join('\n---\n'));
    const errors = [...services.values()].flatMap((one) => one.errors.map(({ message }) => message));
    expect(errors).toEqual([
      expect.stringMatching(/appProtocol mongo: expected http, https, kubernetes\.io\/h2c/),
    ]);
  });

  it('is ignored when its Gateway has another class', () => {
    const other = gateway({ from: 'All' }).replace('"grantgate"', '"nginx"');
    const { routers, problems } = load([other, route(), web].join('\n---\n'));
    expect(routers.size).toBe(0);
    expect(problems.map(({ message }) => message)).toEqual([
      'the HTTPRoute apps/r is attached to no Gateway that is served',
    ]);
  });

  it.each([
    [{ filters: [{ type: 'CORS', cors: {} }] }, 'the filter CORS is not supported'],
    [
      { filters: [{ type: 'ExtensionRef', extensionRef: { group: 'x.io', kind: 'Auth', name: 'a' } }] },
      'expected a Middleware of traefik.io, got Auth of x.io',
    ],
    [
      {
        filters: [
          { type: 'ExtensionRef', extensionRef: { group: 'traefik.io', kind: 'Middleware', name: 'a' } },
        ],
      },
      'there is no middleware apps-a@kubernetescrd',
    ],
    [{ sessionPersistence: {} }, 'sessionPersistence is not supported'],
    [{ backendRefs: [{ name: 'web', port: 80, filters: [{}] }] }, 'filters of a backend are not supported'],
    [
      { matches: [{ path: { type: 'Glob', value: '/*' } }] },
      'expected Exact, PathPrefix or RegularExpression',
    ],
  ])('refuses because of a rule with %j', (rule, message) => {
    const spec = { rules: [{ backendRefs: [{ name: 'web', namespace: 'shared', port: 80 }], ...rule }] };
    const { routers, problems } = load([gateway({ from: 'All' }), route(spec), web, grant].join('\n---\n'));
    expect(problems.map((problem) => problem.message).join()).toContain(message);
    for (const router of routers.values()) expect(router.errors.length).toBeGreaterThan(0);
  });
});
