import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../config/parse-documents.ts';
import type { DynamicConfiguration } from '../../config/dynamic.ts';
import { translate } from './translate.ts';

function load(...texts: readonly string[]): DynamicConfiguration {
  const parsed = texts.map((text, index) => parseDocuments(text, `${'abc'[index] ?? 'z'}.yaml`));
  return translate(
    parsed.flatMap(({ documents }) => documents),
    parsed.flatMap(({ problems }) => problems),
  );
}

const shown = ({ problems }: DynamicConfiguration): string[] =>
  problems.map(
    ({ severity, place, code, message }) =>
      `${severity === 'error' ? '' : 'warning '}${place.file}:${place.line}:${place.column} ${code}: ${message}`,
  );

/** Names of the entries that refuse, without their provider. */
const brokenOf = (entries: ReadonlyMap<string, { readonly errors: readonly unknown[] }>): string[] =>
  [...entries].filter(([, { errors }]) => errors.length > 0).map(([name]) => name.replace('@file', ''));

describe('every mistake of a file is reported at once, at its place,', () => {
  it('in the dynamic configuration', () => {
    const configuration = load(`tcp: {}
http:
  router: {}
  routers:
    typo: { rule: Path(\`/\`), servce: one, middlewares: [auht] }
    empty:
    types: { rule: 7, service: one, middlewares: auth, priority: high, entryPoints: [""] }
    twice: { rule: Path(\`/a\`), Rule: Path(\`/b\`), service: one }
    old: { rule: Path(\`/\`), service: one, ruleSyntax: v2, tls: { options: strict } }
    nowhere: { rule: Path(\`/\`), service: on }
    bad@name: { rule: Path(\`/\`), service: one }
    good: { rule: Path(\`/good\`), service: one, middlewares: [auth] }
  services:
    one: { loadBalancer: { servers: [{ url: "http://127.0.0.1" }] } }
    none: {}
    both: { loadBalancer: {}, weighted: { services: [{ name: one }] } }
    mirrored: { mirroring: {} }
    urls:
      loadBalancer:
        servers:
          - { url: "ftp://10.0.0.1" }
          - { url: "http://user:hunter2@10.0.0.1" }
          - { url: "h3://10.0.0.1" }
          - { url: "http://10.0.0.1?x" }
          - { url: 10.0.0.1, weight: -1 }
          - {}
        healthCheck: { path: up, interval: soon, headers: { "a b": x }, status: 1000 }
        sticky: { cookie: { name: "a;b", sameSite: Lax } }
    w1: { weighted: { services: [{ name: w2 }] } }
    w2: { weighted: { services: [{ name: w1 }] } }
    self: { weighted: { services: [{ name: self }] } }
  middlewares:
    auth: { plugin: { oAuthClientCredentials: { url: "https://as.example.com/token" } } }
    none: {}
    two: { chain: { middlewares: [auth] }, plugin: {} }
    digest: { digestAuth: {} }
    typo: { chian: { middlewares: [auth] } }
    plugin: { plugin: { oAuthClientCredential: {} } }
    bare: { plugin: {} }
    short: { chain: { middlewares: [] } }
    c1: { chain: { middlewares: [auth, c2] } }
    c2: { chain: { middlewares: [c1] } }
---
just: text
--- 
42
`);
    expect(shown(configuration)).toMatchInlineSnapshot(`
      [
        "a.yaml:1:1 unsupported_option: tcp is not supported by this version",
        "a.yaml:3:3 unknown_option: unknown option router: did you mean routers?",
        "a.yaml:5:5 missing_option: is required",
        "a.yaml:5:30 unknown_option: unknown option servce: did you mean service?",
        "a.yaml:5:57 missing_reference: there is no middleware auht@file: did you mean auth@file?",
        "a.yaml:6:11 invalid_value: expected object",
        "a.yaml:7:66 invalid_value: expected number",
        "a.yaml:7:87 invalid_value: expected string to have >=1 characters",
        "a.yaml:8:32 duplicate_option: rule is given twice (names are case-insensitive)",
        "a.yaml:9:55 invalid_value: expected v3, the only supported syntax of rules",
        "a.yaml:9:75 missing_reference: there is no section tls.options strict@file",
        "a.yaml:10:42 missing_reference: there is no service on@file: did you mean one@file?",
        "a.yaml:11:5 invalid_value: expected a name without @: the provider is added automatically",
        "a.yaml:15:5 invalid_value: expected exactly one of loadBalancer, weighted, highestRandomWeight, failover",
        "a.yaml:16:5 invalid_value: expected exactly one of loadBalancer, weighted, highestRandomWeight, failover",
        "a.yaml:17:17 unsupported_option: mirroring is not supported: requests go to one server: mirror them in a proxy behind grantgate",
        "a.yaml:21:21 invalid_value: expected an http, https or h2c URL",
        "a.yaml:22:21 invalid_value: a URL must not contain credentials",
        "a.yaml:23:21 invalid_value: expected an http, https or h2c URL",
        "a.yaml:24:21 invalid_value: the URL of a server must not have a query or a fragment",
        "a.yaml:25:20 invalid_value: expected a URL such as http://10.0.0.1:8080",
        "a.yaml:25:38 invalid_value: expected number to be >=0",
        "a.yaml:26:13 missing_option: is required",
        "a.yaml:27:44 invalid_value: expected a duration such as 30s, 1m30s or 500ms, or whole seconds, up to 596h",
        "a.yaml:27:68 invalid_value: expected the name of a header",
        "a.yaml:27:81 invalid_value: expected number to be <=599",
        "a.yaml:28:36 invalid_value: expected the name of a cookie (RFC 6265 section 4.1.1)",
        "a.yaml:29:42 circular_reference: w2@file refers back to w1@file",
        "a.yaml:30:42 circular_reference: w1@file refers back to w2@file",
        "a.yaml:31:44 circular_reference: self@file refers back to self@file",
        "a.yaml:34:5 invalid_value: expected a kind of middleware, such as plugin.oAuthClientCredentials or chain",
        "a.yaml:35:5 invalid_value: a middleware has one type: chain, plugin",
        "a.yaml:36:15 unsupported_middleware: the middleware type digestAuth is not supported by this version",
        "a.yaml:37:13 unknown_middleware: unknown middleware type chian: did you mean chain?",
        "a.yaml:38:25 unknown_middleware: unknown plugin oAuthClientCredential: did you mean oAuthClientCredentials?",
        "a.yaml:39:13 invalid_value: expected a kind of middleware, such as plugin.oAuthClientCredentials or chain",
        "a.yaml:41:40 circular_reference: c2@file refers back to c1@file",
        "a.yaml:42:34 circular_reference: c1@file refers back to c2@file",
        "a.yaml:44:1 unknown_format: expected a Traefik dynamic configuration (http) or a Kubernetes manifest (apiVersion and kind)",
        "a.yaml:46:1 unknown_format: expected a Traefik dynamic configuration (http) or a Kubernetes manifest (apiVersion and kind)",
      ]
    `);
    expect(JSON.stringify(configuration.problems)).not.toContain('hunter2');
    expect(brokenOf(configuration.routers)).toEqual(['typo', 'empty', 'types', 'twice', 'old', 'nowhere']);
    expect(brokenOf(configuration.services)).toEqual([
      'none',
      'both',
      'mirrored',
      'urls',
      'w1',
      'w2',
      'self',
    ]);
    expect(brokenOf(configuration.middlewares)).toEqual([
      'none', 'two', 'digest', 'typo', 'plugin', 'bare', 'c1', 'c2',
    ]); // prettier-ignore
  });

  it('in Kubernetes manifests', () => {
    const configuration = load(`apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: a, namespace: apps }
spec:
  routes:
    - kind: Path
      match: Path(\`/1\`)
      services: [{ name: web, port: 81 }]
    - { services: [{ name: gone, port: 80 }] }
    - { services: [{ name: web }, { name: two, port: 80 }, { name: broken, port: 80 }] }
    - { match: Path(\`/2\`), services: [] }
    - { match: Path(\`/3\`), services: [{ kind: TraefikService, name: web }] }
    - { match: Path(\`/4\`), services: [{ name: web, port: 80, scheme: h3c, nodePortLB: true }], middlewares: [{ name: auht }] }
    - { match: Path(\`/5\`), services: [{ name: nameless, port: 80 }] }
    - { match: Path(\`/6\`), services: [{ name: web, port: 80 }] }
    - { match: Path(\`/6\`), services: [{ name: web, port: 80 }] }
    - { match: Path(\`/good\`), services: [{ name: web, port: 80 }], middlewares: [{ name: auth }] }
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: B!, namespace: apps }
spec: {}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: b, namespace: apps }
spec: { entrypoint: [web], routes: [{ match: Path(\`/b\`), services: [{ name: web, port: 80 }] }] }
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: c, namespace: apps }
spec: {}
---
apiVersion: traefik.containo.us/v1alpha1
kind: Middleware
metadata: { name: old }
---
apiVersion: traefik.io/v1alpha1
kind: Middlewares
metadata: { name: typo }
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: auth, namespace: apps }
spec: { plugin: { oAuthClientCredentials: { url: "https://as.example.com/token" } } }
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: nospec, namespace: apps }
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: chain, namespace: apps }
spec: { chain: { middlewares: [auth, { name: chain }] } }
---
apiVersion: v1
kind: Secret
metadata: { name: s, namespace: apps }
data: { a: hunter2, b: [hunter2] }
stringData: { c: 12345678 }
strngData: { d: hunter2 }
---
apiVersion: v1
kind: Secret
metadata: { name: s, namespace: apps }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: apps }
spec: { ports: [{ port: 80 }, { name: two, port: 82 }] }
---
apiVersion: v1
kind: Service
metadata: { name: two, namespace: apps }
---
apiVersion: v1
kind: Service
metadata: { name: two, namespace: apps }
---
apiVersion: v1
kind: Service
metadata: { name: broken, namespace: apps }
spec: { type: Internal, ports: [{ port: 0 }] }
---
apiVersion: v1
kind: Service
metadata: { name: nameless, namespace: apps }
spec: { type: ExternalName }
---
apiVersion: v1
kind: List
items: [{ kind: Secret }, 7]
---
apiVersion: 1
kind: Secret
---
apiVersion: v1
kind: [Secret]
---
apiVersion: v1
kind: Secret
metadata: text
`);
    expect(shown(configuration)).toMatchInlineSnapshot(`
      [
        "a.yaml:6:13 invalid_value: expected "Rule"",
        "a.yaml:8:26 missing_reference: the Service apps/web has no port 81",
        "a.yaml:9:7 missing_option: is required",
        "a.yaml:9:28 missing_reference: there is no Service apps/gone",
        "a.yaml:10:7 missing_option: is required",
        "a.yaml:10:28 missing_reference: missing port: the Service apps/web has more than one, or none",
        "a.yaml:10:43 missing_reference: the Service apps/two is broken",
        "a.yaml:10:68 missing_reference: the Service apps/broken is broken",
        "a.yaml:11:28 invalid_value: expected array to have >=1 items",
        "a.yaml:12:69 missing_reference: there is no TraefikService apps-web@kubernetescrd",
        "a.yaml:13:70 invalid_value: expected http, https or h2c",
        "a.yaml:13:75 unsupported_option: nodePortLB is not supported by this version",
        "a.yaml:13:118 missing_reference: there is no middleware apps-auht@kubernetescrd: did you mean apps-auth@kubernetescrd?",
        "a.yaml:14:47 missing_option: the Service apps/nameless has no spec.externalName",
        "a.yaml:16:7 duplicate_name: apps-a-d4297306f292c62065c8@kubernetescrd is already defined at a.yaml:15:7: neither is used",
        "a.yaml:21:19 invalid_value: expected a name of lower-case letters, digits, - and .",
        "a.yaml:27:9 unknown_option: unknown option entrypoint: did you mean entryPoints?",
        "a.yaml:32:1 missing_option: is required",
        "a.yaml:34:13 unknown_kind: expected traefik.io/v1alpha1 for the kind Middleware",
        "a.yaml:39:7 unknown_kind: unknown kind Middlewares: did you mean Middleware?",
        "a.yaml:47:1 missing_option: is required",
        "a.yaml:54:32 invalid_value: expected object",
        "a.yaml:59:12 invalid_value: expected base64 with padding",
        "a.yaml:59:21 invalid_value: expected string",
        "a.yaml:60:18 invalid_value: expected string",
        "a.yaml:61:1 unknown_option: unknown option strngData: did you mean stringData?",
        "a.yaml:65:19 duplicate_name: the Secret apps/s is already defined at a.yaml:58:19: neither is used",
        "a.yaml:78:19 duplicate_name: the Service apps/two is already defined at a.yaml:74:19: neither is used",
        "a.yaml:83:15 invalid_value: expected one of "ClusterIP"|"NodePort"|"LoadBalancer"|"ExternalName"",
        "a.yaml:83:41 invalid_value: expected number to be >=1",
        "a.yaml:92:9 invalid_value: expected an object with apiVersion and kind",
        "a.yaml:92:27 invalid_value: expected an object with apiVersion and kind",
        "a.yaml:94:13 invalid_value: expected string",
        "a.yaml:98:1 invalid_value: expected string",
        "a.yaml:102:11 invalid_value: expected object",
      ]
    `);
    expect(JSON.stringify(configuration.problems)).not.toMatch(/hunter2|12345678/);
    const routers = [...configuration.routers.values()];
    const good = routers.filter(
      ({ errors, service }) =>
        errors.length === 0 && configuration.services.get(service)!.errors.length === 0,
    );
    expect(good.map(({ rule }) => rule)).toEqual(['Path(`/good`)']);
    expect(routers.find(({ rule }) => rule === 'Path(`/b`)')!.errors).toMatchObject([
      { code: 'unknown_option' },
    ]);
  });
});

it("Traefik's service without servers is valid for routers that redirect every request", () => {
  const router = (name: string): string => `${name}: { rule: Path(\`/${name}\`), service: noop@internal }`;
  const { problems, services } = load(`http: { routers: { ${router('a')}, ${router('b')} } }`);
  expect(problems).toEqual([]);
  expect(services.get('noop@internal')).toMatchObject({ servers: [], errors: [] });
});

it("a service of Traefik's own is reported with its replacement", () => {
  const { problems } = load('http: { routers: { dashboard: { rule: Path(`/`), service: api@internal } } }');
  expect(problems).toMatchObject([
    {
      code: 'missing_reference',
      message: expect.stringMatching(/^api@internal belongs to Traefik: .*admin/) as string,
    },
  ]);
});

it('the path of a URL is ignored without preservePath, and reported at its position', () => {
  const configuration = load(`http:
  services:
    s:
      loadBalancer:
        servers:
          - url: http://a/base
          - { url: http://a/base, preservePath: true }
          - url: http://a/
          - { url: http://a, preservepath: "false" }
          - { url: http://a/, preservePaht: true }
`);
  expect(shown(configuration)).toEqual([
    'warning a.yaml:6:18 ignored_path: the path /base is ignored, as in Traefik: set preservePath: true to put it before the path of requests',
    'a.yaml:10:31 unknown_option: unknown option preservePaht: did you mean preservePath?',
  ]);
});

describe('a mistake affects only its own entry', () => {
  const service = 'services: { s: { loadBalancer: { servers: [{ url: "http://127.0.0.1" }] } } }';

  it('in one of two documents, files or entries', () => {
    const configuration = load(
      `http: { routers: { bad: { rule: [1], service: s }, good: { rule: Path(\`/\`), service: s } }, ${service} }`,
      'http: [',
      'http: { routers: { other: { rule: Path(`/o`), service: s } } }',
    );
    expect(brokenOf(configuration.routers)).toEqual(['bad']);
    expect([...configuration.routers.keys()]).toEqual(['bad@file', 'good@file', 'other@file']);
    expect(configuration.problems.filter(({ place }) => place.file === 'b.yaml')).toMatchObject([
      { code: 'syntax', severity: 'error' },
    ]);
  });

  it('when two files use one name: both routers refuse, each under its own rule', () => {
    const configuration = load(
      `http: { routers: { r: { rule: Path(\`/a\`), service: s } }, ${service} }`,
      `http: { routers: { r: { rule: Path(\`/b\`), service: s } } }`,
      `http: { routers: { r: { rule: Path(\`/c\`), service: s } } }`,
    );
    const routers = [...configuration.routers.values()];
    expect(routers.map(({ rule, errors }) => [rule, errors.length > 0])).toEqual([
      ['Path(`/a`)', true],
      ['Path(`/b`)', true],
      ['Path(`/c`)', true],
    ]);
    expect(shown(configuration)).toEqual([
      'b.yaml:1:20 duplicate_name: r@file is already defined at a.yaml:1:20: neither is used',
      'c.yaml:1:20 duplicate_name: r@file is already defined at a.yaml:1:20: neither is used',
    ]);
  });

  it('when a router has the name of a property that every object has', () => {
    const configuration = load(
      `http: { routers: { constructor: { rule: Path(\`/\`), service: s }, __proto__: { rule: Path(\`/p\`), service: s } }, ${service} }`,
    );
    expect([...configuration.routers.keys()]).toEqual(['constructor@file', '__proto__@file']);
    expect(configuration.problems).toEqual([]);
  });
});
