import { describe, expect, it } from 'vitest';
import type { DynamicConfiguration, LoadBalancerConfig, WeightedConfig } from '../config/dynamic.ts';
import { parseDocuments } from '../config/parse-documents.ts';
import { oAuthClientCredentials } from '../middlewares/oauth-client-credentials/kind.ts';
import { translate } from '../providers/translate/translate.ts';
import { prepare } from './prepare.ts';

/** Values from real files of Traefik, each in all formats that can express it. */
interface Notations {
  readonly yaml?: string;
  readonly toml?: string;
  readonly kubernetes?: string;
}

function load(text: string, name: string) {
  const { documents, problems } = parseDocuments(text, name);
  const routes = translate(documents, problems);
  const prepared = prepare(routes, {
    env: {},
    realPath: (path) => path,
    readFile: () => '',
    entryPoints: new Map(['web', 'websecure'].map((entryPoint) => [entryPoint, { tls: true, routes: true }])),
  });
  return { routes, prepared, problems: prepared.problems.filter(({ severity }) => severity === 'error') };
}

const inYaml = { router: 'routers', service: 'services', middleware: 'middlewares' };
const rest = {
  router: 'services: { s: { loadBalancer: {} } }, middlewares: { m: { chain: { middlewares: [] } } }',
  service: '',
  middleware: '',
};

const first = <T>(map: ReadonlyMap<string, T>): T => [...map.values()].at(-1)!;
const loadBalancer = ({ services }: DynamicConfiguration): LoadBalancerConfig =>
  [...services.values()].find(({ kind }) => kind === 'loadBalancer') as LoadBalancerConfig;

describe('the value of a router', () => {
  const rule = 'rule: Path(`/`), service: s';
  const cases: readonly (readonly [string, Notations, string, unknown])[] = [
    ['one entry point', { yaml: 'entryPoints: web', toml: 'entryPoints = "web"', kubernetes: 'entryPoints: web' }, 'entryPoints', ['web']],
    [
      'entry points with commas',
      { yaml: 'entryPoints: "web, websecure"', toml: 'entryPoints = "web,websecure"', kubernetes: 'entryPoints: "web,websecure"' },
      'entryPoints',
      ['web', 'websecure'],
    ],
    ['a middleware with spaces around it', { yaml: 'middlewares: [" m "]', toml: 'middlewares = [" m "]' }, 'middlewares', ['m@file']],
    ['an empty table for a list', { yaml: 'middlewares: {}', toml: 'middlewares = {}' }, 'middlewares', []],
    ['one middleware', { yaml: 'middlewares: m', toml: 'middlewares = "m"' }, 'middlewares', ['m@file']],
    ['a quoted priority', { yaml: 'priority: "10"', toml: 'priority = "10"', kubernetes: 'priority: "10"' }, 'priority', 10],
    ['a priority with underscores', { yaml: 'priority: 1_000', toml: 'priority = 1_000' }, 'priority', 1000],
    ['ruleSyntax in capitals', { yaml: 'ruleSyntax: V3', toml: 'ruleSyntax = "V3"' }, 'priority', undefined],
    ['the default ruleSyntax', { yaml: 'ruleSyntax: default', toml: 'ruleSyntax = "default"' }, 'priority', undefined],
    ['no priority', { yaml: 'priority: ""', toml: 'priority = ""' }, 'priority', undefined],
  ]; // prettier-ignore

  it.each(cases)('may have any common notation: %s', (_, { yaml, toml, kubernetes }, name, expected) => {
    const found: unknown[] = [];
    const take = (text: string, file: string): void => {
      const { routes, problems } = load(text, file);
      expect(problems).toEqual([]);
      found.push(first(routes.routers)[name as 'priority']);
    };
    if (yaml !== undefined)
      take(`http: { ${inYaml.router}: { r: { ${rule}, ${yaml} } }, ${rest.router} }`, 'a.yaml');
    if (toml !== undefined)
      take(
        `[http.routers.r]\nrule = "Path(\`/\`)"\nservice = "s"\n${toml}\n[http.services.s.loadBalancer]\n[http.middlewares.m.chain]\nmiddlewares = []\n`,
        'a.toml',
      );
    if (kubernetes !== undefined) {
      const [spec, route] = kubernetes.startsWith('priority') ? ['', kubernetes] : [`${kubernetes}, `, ''];
      take(
        `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: r }
spec: { ${spec}routes: [{ match: Path(\`/\`), kind: Rule, services: [{ name: s, port: 80 }]${route && `, ${route}`} }] }
---
apiVersion: v1
kind: Service
metadata: { name: s }
spec: { ports: [{ port: 80 }] }
`,
        'a.yaml',
      );
    }
    expect(found).toEqual(found.map(() => expected));
    expect(found.length).toBeGreaterThan(1);
  });
});

describe('the value of a service', () => {
  const server = 'servers: [{ url: "http://a" }]';
  const cookie = ({ sticky }: LoadBalancerConfig) => sticky;
  const health = ({ healthCheck }: LoadBalancerConfig) => healthCheck;
  const cases: readonly (readonly [string, Notations, (service: LoadBalancerConfig) => unknown, unknown])[] = [
    [
      'a quoted passHostHeader',
      { yaml: 'passHostHeader: "false"', toml: 'passHostHeader = "false"', kubernetes: 'passHostHeader: "false"' },
      ({ passHostHeader }) => passHostHeader,
      false,
    ],
    [
      'numbers of a health check in quotes',
      {
        yaml: 'healthCheck: { port: "8080", status: "204", path: health, interval: "5" }',
        toml: 'healthCheck = { port = "8080", status = "204", path = "health", interval = "5" }',
        kubernetes: 'healthCheck: { port: "8080", status: "204", path: health, interval: "5" }',
      },
      (service) => {
        const { port, status, path, intervalMs } = health(service)!;
        return { port, status, path, intervalMs };
      },
      { port: 8080, status: 204, path: 'health', intervalMs: 5000 },
    ],
    [
      'numbers as values of headers',
      {
        yaml: 'healthCheck: { headers: { X-A: 1, X-B: true } }',
        toml: 'healthCheck = { headers = { X-A = 1, X-B = true } }',
        kubernetes: 'healthCheck: { headers: { X-A: 1, X-B: true } }',
      },
      (service) => health(service)!.headers,
      { 'X-A': '1', 'X-B': 'true' },
    ],
    [
      'sameSite in capitals and quoted booleans',
      {
        yaml: 'sticky: { cookie: { name: c, sameSite: Strict, secure: "true", httpOnly: "TRUE" } }',
        toml: 'sticky = { cookie = { name = "c", sameSite = "Strict", secure = "true", httpOnly = "TRUE" } }',
        kubernetes: 'sticky: { cookie: { name: c, sameSite: Strict, secure: "true", httpOnly: "TRUE" } }',
      },
      cookie,
      { cookieName: 'c', sameSite: 'strict', secure: true, httpOnly: true, maxAgeSeconds: 0, path: '/', domain: undefined },
    ],
    [
      'a cookie without a name',
      { yaml: 'sticky: { cookie: { name: "", maxAge: "1_000" } }', toml: 'sticky = { cookie = { name = "", maxAge = 1_000 } }' },
      (service) => [cookie(service)!.cookieName.length, cookie(service)!.maxAgeSeconds],
      [6, 1000],
    ],
  ]; // prettier-ignore

  it.each(cases)('may have any common notation: %s', (_, { yaml, toml, kubernetes }, pick, expected) => {
    const found: unknown[] = [];
    const take = (text: string, file: string): void => {
      const { routes, problems } = load(text, file);
      expect(problems).toEqual([]);
      found.push(pick(loadBalancer(routes)));
    };
    if (yaml !== undefined)
      take(`http: { services: { s: { loadBalancer: { ${server}, ${yaml} } } } }`, 'a.yaml');
    if (toml !== undefined)
      take(`[http.services.s.loadBalancer]\nservers = [{ url = "http://a" }]\n${toml}\n`, 'a.toml');
    if (kubernetes !== undefined)
      take(
        `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: r }
spec: { routes: [{ match: Path(\`/\`), kind: Rule, services: [{ name: s, port: 80, ${kubernetes} }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: s }
spec: { ports: [{ port: 80 }] }
`,
        'a.yaml',
      );
    expect(found).toEqual(found.map(() => expected));
    expect(found.length).toBeGreaterThan(1);
  });

  it('may be an empty table for the list of servers, as in the FAQ of Traefik: then there are none', () => {
    for (const [file, text] of [
      ['a.yaml', 'http: { services: { s: { loadBalancer: { servers: {} } } } }'],
      ['a.toml', '[http.services.s.loadBalancer.servers]\n'],
    ] as const) {
      const { routes, problems } = load(text, file);
      expect(problems).toEqual([]);
      expect(loadBalancer(routes).servers).toEqual([]);
    }
  });

  it('is a number when a weight is in quotes', () => {
    for (const [file, text] of [
      ['a.yaml', 'http: { services: { w: { weighted: { services: [{ name: s, weight: "3" }] } }, s: { loadBalancer: { servers: [{ url: "http://a", weight: "1_0" }] } } } }'],
      ['a.toml', '[http.services.w.weighted]\nservices = [{ name = "s", weight = "3" }]\n[http.services.s.loadBalancer]\nservers = [{ url = "http://a", weight = "1_0" }]\n'],
    ] as const) {
      const { routes, problems } = load(text, file);
      expect(problems).toEqual([]);
      expect((routes.services.get('w@file') as WeightedConfig).services[0]!.weight).toBe(3);
      expect(loadBalancer(routes).servers[0]!.weight).toBe(10);
    } // prettier-ignore
  });
});

describe('the value of a middleware', () => {
  const url = 'https://a.example/token';
  const yaml = `url: ${url}, clientID: "", clientSecret: "", claims: "", audience: "", usernameClaim: "", forwardHeaders: {}, scopes: "a,b", clientConfig: { timeoutSeconds: "5", maxRetries: "1_0", tls: { insecureSkipVerify: "false", ca: "" } }`;
  const toml = `url = "${url}"\nclientID = ""\nclientSecret = ""\nclaims = ""\naudience = ""\nusernameClaim = ""\nscopes = "a,b"\nclientConfig = { timeoutSeconds = "5", maxRetries = 1_0, tls = { insecureSkipVerify = "false", ca = "" } }`;

  it.each([
    ['a.yaml', `http: { middlewares: { m: { plugin: { oAuthClientCredentials: { ${yaml} } } } } }`],
    ['a.toml', `[http.middlewares.m.plugin.oAuthClientCredentials]\n${toml}\n`],
    ['kubernetes.yaml', `apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: { name: m }\nspec: { plugin: { oAuthClientCredentials: { ${yaml} } } }\n`],
  ])('may be in quotes, or empty for an omitted option: %s', (file, text) => {
    const { prepared, problems } = load(text, file);
    expect(problems).toEqual([]);
    const options = oAuthClientCredentials.optionsOf(first(prepared.steps))!;
    expect(options.clientConfig).toMatchObject({ timeoutSeconds: 5, maxRetries: 10 });
    expect([options.clientID, options.clientSecret, options.claims, options.audience]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  }); // prettier-ignore

  it.each([
    ['a.yaml', 'http: { middlewares: { m: { chain: { middlewares: [] } } } }'],
    ['a.toml', '[http.middlewares.m.chain]\nmiddlewares = []\n'],
    ['kubernetes.yaml', 'apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: { name: m }\nspec: { chain: { middlewares: [] } }\n'],
  ])('may be an empty chain: %s', (file, text) => {
    expect(load(text, file).problems).toEqual([]);
  }); // prettier-ignore
});

it('top-level names for YAML anchors are skipped', () => {
  const { routes, problems } = load(
    'x-common: &common { servers: [{ url: "http://a" }] }\nX-Other: 1\nhttp: { services: { s: { loadBalancer: *common } } }\n',
    'a.yaml',
  );
  expect(problems).toEqual([]);
  expect(loadBalancer(routes).servers[0]!.url).toBe('http://a');
});

it.each([
  'xcommon: {}\nhttp: {}',
  'http: { routers: { r: { rule: Path(`/`), service: s@x, entryPonts: web } } }',
  'http: { routers: { r: { rule: Path(`/`), service: s@x, priority: high } } }',
  'http: { routers: { r: { rule: Path(`/`), service: s@x, ruleSyntax: v2 } } }',
  'http: { services: { s: { loadBalancer: { passHostHeader: "maybe" } } } }',
  'http: { services: { s: { loadBalancer: { sticky: { cookie: { sameSite: Strct } } } } } }',
  'http: { services: { s: { loadBalancer: { healthCheck: { port: "80a" } } } } }',
])('a misspelt option or value stays an error: %s', (text) => {
  const { problems } = load(text, 'a.yaml');
  expect(problems.filter(({ code }) => ['unknown_option', 'invalid_value'].includes(code))).toHaveLength(1);
});
