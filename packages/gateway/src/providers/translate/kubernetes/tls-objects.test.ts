import { describe, expect, it } from 'vitest';
import type { Origin } from '../../../config/document.ts';
import { parseDocuments } from '../../../config/parse-documents.ts';
import { translate } from '../translate.ts';

const origin: Origin = {
  allowCrossNamespace: false,
  allowExternalNameServices: false,
  requireEndpointSlices: false,
  strictPrefixMatching: false,
  defaultTlsNamespace: '',
};

function load(text: string, options: Partial<Origin> = {}) {
  const { documents, problems } = parseDocuments(text, 'a.yaml');
  expect(problems).toEqual([]);
  return translate(documents.map((document) => ({ ...document, origin: { ...origin, ...options } })));
}

const object = (kind: string, name: string, spec: string): string => {
  const [namespace, own] = name.split('/');
  return `{ apiVersion: traefik.io/v1alpha1, kind: ${kind}, metadata: { name: ${own!}, namespace: ${namespace!} }, spec: ${spec} }\n---\n`;
};
const route = (tls: string, service = '{ name: web, port: 80 }'): string =>
  object(
    'IngressRoute',
    'apps/r',
    `{ routes: [{ match: Host(\`a.example\`), services: [${service}] }], tls: ${tls} }`,
  );
const service = (name: string): string => {
  const [namespace, own] = name.split('/');
  return `{ apiVersion: v1, kind: Service, metadata: { name: ${own!}, namespace: ${namespace!} }, spec: { ports: [{ port: 80 }] } }\n---\n`;
};

const messagesOf = ({ problems }: ReturnType<typeof load>): readonly string[] =>
  problems.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

describe('a TLSOption', () => {
  const strict = (name: string): string =>
    object('TLSOption', name, '{ minVersion: VersionTLS13, clientAuth: { secretNames: [ca] } }');

  it('applies to an IngressRoute of its namespace that refers to it', () => {
    const loaded = load(service('apps/web') + strict('apps/strict') + route('{ options: { name: strict } }'));
    expect(messagesOf(loaded)).toEqual([]);
    expect([...loaded.routers.values()][0]!.tlsOptions).toBe('apps-strict@kubernetescrd');
    expect(loaded.tls.options.get('apps-strict@kubernetescrd')).toMatchObject({
      minVersion: 'VersionTLS13',
      clientCAs: [{ kind: 'secret', secret: 'apps/ca', keys: ['tls.ca', 'ca.crt'] }],
    });
  });

  it('of another namespace refuses, unless allowCrossNamespace allows it', () => {
    const text =
      service('apps/web') + strict('bank/strict') + route('{ options: { name: strict, namespace: bank } }');
    const refused = load(text);
    expect(messagesOf(refused)).toEqual([
      'error cross_namespace: the TLSOption bank/strict is not in the namespace apps of the object that refers to it: allowCrossNamespace is off',
    ]);
    expect([...refused.routers.values()][0]!.errors).toHaveLength(1);
    expect(messagesOf(load(text, { allowCrossNamespace: true }))).toEqual([]);
  });

  it('that is missing makes the route refuse: a connection must not have weaker options', () => {
    const { routers, problems } = load(service('apps/web') + route('{ options: { name: strict } }'));
    expect(problems.map(({ message }) => message)).toEqual([
      'there is no TLSOption apps-strict@kubernetescrd',
    ]);
    expect([...routers.values()][0]!.errors).toHaveLength(1);
  });

  it('called default applies everywhere; two of them are both ignored', () => {
    expect([...load(strict('apps/default')).tls.options.keys()]).toEqual(['default']);
    const { tls } = load(strict('apps/default') + strict('bank/default'));
    expect(tls.options.get('default')!.errors).toHaveLength(1);
  });

  it('called default is taken only from the namespace of defaultTLSResourcesNamespace', () => {
    const loaded = load(strict('apps/default') + strict('infra/default'), { defaultTlsNamespace: 'infra' });
    expect(messagesOf(loaded)).toEqual([
      'warning ignored_option: the TLSOption apps/default is not used: defaultTLSResourcesNamespace is infra',
    ]);
    expect(loaded.tls.options.get('default')).toMatchObject({
      errors: [],
      clientCAs: [{ secret: 'infra/ca' }],
    });
  });
});

describe('certificates', () => {
  it('are those of IngressRoutes, and of the TLSStore called default', () => {
    const loaded = load(
      service('apps/web') +
        route('{ secretName: cert }') +
        object(
          'TLSStore',
          'infra/default',
          '{ defaultCertificate: { secretName: main }, certificates: [{ secretName: more }] }',
        ) +
        object('TLSStore', 'apps/other', '{ certificates: [{ secretName: never }] }'),
    );
    expect(loaded.tls.certificates.map(({ cert }) => cert)).toMatchObject([
      { secret: 'apps/cert', keys: ['tls.crt'] },
      { secret: 'infra/more', keys: ['tls.crt'] },
    ]);
    expect(loaded.tls.stores.get('default')!.defaultCertificate).toMatchObject({
      key: { secret: 'infra/main', keys: ['tls.key'] },
    });
    expect(messagesOf(loaded)).toEqual([
      'warning ignored_option: the store other is not used: as in Traefik, certificates are taken from the store default',
    ]);
  });

  it('of an Ingress are those of its namespace', () => {
    const loaded = load(
      '{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: i, namespace: apps }, spec: { tls: [{ secretName: cert, hosts: [a] }, {}] } }',
    );
    expect(loaded.tls.certificates).toMatchObject([
      { cert: { secret: 'apps/cert' }, key: { secret: 'apps/cert' } },
    ]);
  });
});

describe('a ServersTransport', () => {
  const transport = object(
    'ServersTransport',
    'apps/t',
    '{ serverName: s.example, rootCAs: [{ configMap: roots }, { secret: ca }], certificatesSecrets: [own], forwardingTimeouts: { dialTimeout: 2s } }',
  );
  const roots =
    '{ apiVersion: v1, kind: ConfigMap, metadata: { name: roots, namespace: apps }, data: { ca.crt: PEM } }\n---\n';
  const withTransport = route('{}', '{ name: web, port: 80, serversTransport: t }');

  it('applies to a service of its namespace that refers to it', () => {
    const loaded = load(service('apps/web') + transport + roots + withTransport);
    expect(messagesOf(loaded)).toEqual([]);
    expect([...loaded.services.values()]).toMatchObject([{ serversTransport: 'apps-t@kubernetescrd' }]);
    expect(loaded.serversTransports.get('apps-t@kubernetescrd')).toMatchObject({
      serverName: 's.example',
      dialTimeoutMs: 2000,
      rootCAs: [
        { kind: 'text', text: 'PEM' },
        { kind: 'secret', secret: 'apps/ca' },
      ],
      certificates: [{ cert: { secret: 'apps/own' } }],
    });
  });

  it('with a missing ConfigMap is broken: otherwise it would trust other servers', () => {
    const { serversTransports, problems } = load(transport);
    expect(problems.map(({ message }) => message)).toEqual([
      'the ConfigMap apps/roots is missing or cannot be read',
    ]);
    expect(serversTransports.get('apps-t@kubernetescrd')!.errors).toHaveLength(1);
  });

  it.each([
    ['none', 'there is no ServersTransport apps-none@kubernetescrd'],
    [
      'bank-t@kubernetescrd',
      'bank-t@kubernetescrd could cross namespaces: name the ServersTransport without @kubernetescrd: allowCrossNamespace is off',
    ],
  ])('called %s refuses', (name, message) => {
    const { services, problems } = load(
      service('apps/web') + route('{}', `{ name: web, port: 80, serversTransport: ${name} }`),
    );
    expect(problems.map((problem) => problem.message)).toContain(message);
    expect([...services.values()][0]!.errors).toHaveLength(1);
  });
});

describe('a TraefikService', () => {
  const toWeighted = (name: string, members: string, more = ''): string =>
    object('TraefikService', name, `{ weighted: { services: [${members}]${more} } }`);
  const nested =
    service('apps/web') +
    service('apps/canary') +
    toWeighted(
      'apps/outer',
      '{ name: web, port: 80, weight: 3 }, { name: inner, kind: TraefikService }',
      ', sticky: { cookie: { name: c } }',
    ) +
    toWeighted('apps/inner', '{ name: canary, port: 80 }');

  it('spreads requests over Services and others, nested ones too', () => {
    const loaded = load(nested + route('{}', '{ name: outer, kind: TraefikService }'));
    expect(messagesOf(loaded)).toEqual([]);
    const router = [...loaded.routers.values()][0]!;
    expect(loaded.services.get(router.service)).toMatchObject({
      kind: 'weighted',
      services: [{ name: 'apps-outer@kubernetescrd', weight: 1 }],
    });
    expect(loaded.services.get('apps-outer@kubernetescrd')).toMatchObject({
      sticky: { cookieName: 'c' },
      services: [
        { name: 'apps-outer-0-web@kubernetescrd', weight: 3 },
        { name: 'apps-inner@kubernetescrd', weight: 1 },
      ],
    });
  });

  it('of the type mirroring is refused by name', () => {
    const loaded = load(object('TraefikService', 'apps/s', '{ mirroring: {} }'));
    expect(messagesOf(loaded)).toContain(
      'error unsupported_option: mirroring is not supported by this version',
    );
    expect(loaded.services.get('apps-s@kubernetescrd')!.errors.length).toBeGreaterThan(0);
  });

  it('that refers back to itself refuses', () => {
    const loaded = load(
      toWeighted('apps/a', '{ name: b, kind: TraefikService }') +
        toWeighted('apps/b', '{ name: a, kind: TraefikService }'),
    );
    expect(loaded.problems.map(({ code }) => code)).toEqual(['circular_reference', 'circular_reference']);
  });

  it.each([
    ['{ name: outer, namespace: apps, kind: TraefikService }', 'bank/r'],
    ['{ name: apps-outer@kubernetescrd, kind: TraefikService }', 'bank/r'],
  ])('of another namespace refuses: %s', (member, name) => {
    const foreign = object(
      'IngressRoute',
      name,
      `{ routes: [{ match: Host(\`a\`), services: [${member}] }] }`,
    );
    const loaded = load(nested + foreign);
    expect(loaded.problems.map(({ code }) => code)).toEqual(['cross_namespace']);
    expect(messagesOf(load(nested + foreign, { allowCrossNamespace: true }))).toEqual([]);
  });

  it("with the name of a route's services in another namespace does not reach them", () => {
    const guessed = load(
      service('a-b/web') +
        object(
          'IngressRoute',
          'a-b/c',
          '{ routes: [{ match: Host(`x`), services: [{ name: web, port: 80 }] }] }',
        ),
    );
    const name = [...guessed.services.keys()][0]!.replace('a-', '').replace('@kubernetescrd', '');
    const loaded = load(
      service('a-b/web') +
        service('a/own') +
        object(
          'IngressRoute',
          'a-b/c',
          '{ routes: [{ match: Host(`x`), services: [{ name: web, port: 80 }] }] }',
        ) +
        toWeighted(`a/${name}`, '{ name: own, port: 80 }') +
        object(
          'IngressRoute',
          'a/r',
          `{ routes: [{ match: Host(\`y\`), services: [{ name: ${name}, kind: TraefikService }] }] }`,
        ),
    );
    expect(loaded.problems.map(({ code }) => code)).toEqual(['cross_namespace']);
  });
});

it.each(['IngressRouteTCP', 'IngressRouteUDP', 'MiddlewareTCP', 'ServersTransportTCP'])(
  'the kind %s is refused by name',
  (kind) => {
    expect(messagesOf(load(object(kind, 'apps/x', '{}')))).toEqual([
      `error unsupported_kind: ${kind} is not served: only HTTP is`,
    ]);
  },
);
