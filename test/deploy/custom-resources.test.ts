import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createManifests } from '../../packages/gateway/src/cli/reference/kubernetes/create.ts';
import type { StructuralSchema } from '../../packages/gateway/src/config/structural-schema.ts';
import { parseDocuments } from '../../packages/gateway/src/config/parse-documents.ts';
import { translate } from '../../packages/gateway/src/providers/translate/translate.ts';
import { parseClientCredentials } from '../../packages/middleware/src/options/parse.ts';
import { createApiServer, schemaOf } from './api-server.testkit.ts';
import type { Manifest } from './manifests.testkit.ts';
import { listYaml, readManifests, readText } from './manifests.testkit.ts';

interface ResourceCase {
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly says: string;
}

const cases = (file: string): readonly ResourceCase[] =>
  parse(readText(`test/deploy/testdata/${file}`)) as readonly ResourceCase[];
const toManifest = ({ kind, spec }: ResourceCase): Manifest => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind,
  metadata: { name: 'x', namespace: 'default' },
  spec,
});

const definitions = listYaml('deploy/kubernetes/crds').flatMap(readManifests);
const policies = listYaml('deploy/kubernetes/admission')
  .flatMap(readManifests)
  .filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
const named = (...names: readonly string[]): readonly Manifest[] =>
  policies.filter(({ metadata }) => names.includes(metadata.name));
const server = createApiServer(definitions, named('grantgate-ingressroutes', 'grantgate-middlewares'));

/** grantgate's own errors for a manifest. */
function findErrors(manifest: Manifest): readonly string[] {
  const { documents } = parseDocuments(stringify(manifest), 'a.yaml');
  const { middlewares, problems } = translate(documents, []);
  const options = [...middlewares.values()].flatMap((middleware) =>
    middleware.kind === 'oAuthClientCredentials' ? parseClientCredentials(middleware.options).problems : [],
  );
  return [...problems, ...options]
    .filter(({ severity, code }) => severity === 'error' && code !== 'missing_reference')
    .map(({ path, message }) => `${String(path)}: ${message}`);
}

it.each([...createManifests()])(
  'deploy/%s matches the schemas; otherwise run make reference',
  (path, text) => {
    expect(readText(`deploy/${path}`)).toBe(text);
  },
);

describe('a definition of a custom resource', () => {
  const allowed = new Set([
    'type', 'description', 'properties', 'additionalProperties', 'items', 'required', 'enum', 'pattern', 'minLength',
    'minimum', 'maximum', 'exclusiveMinimum', 'minItems', 'minProperties', 'maxProperties', 'not',
    'x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-validations',
  ]); // prettier-ignore

  /** Violations of the rules for structural schemas. */
  function findBreaches(schema: StructuralSchema, path: string): readonly string[] {
    const { type, properties = {}, additionalProperties, items, pattern } = schema;
    const intOrString = schema['x-kubernetes-int-or-string'] === true;
    const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
    const breaches = Object.keys(schema)
      .filter((key) => !allowed.has(key))
      .map((key) => `${path}: ${key}`);
    if (type === undefined && !intOrString && !preserves) breaches.push(`${path}: no type`);
    if (type !== undefined && intOrString) breaches.push(`${path}: a type beside int-or-string`);
    if (schema.properties !== undefined && additionalProperties !== undefined)
      breaches.push(`${path}: properties and additionalProperties`);
    if (typeof additionalProperties === 'boolean') breaches.push(`${path}: additionalProperties`);
    // The server estimates the cost of a rule, and rejects a rule over a list without a limit.
    if (path.includes('[]') && schema['x-kubernetes-validations'] !== undefined)
      breaches.push(`${path}: a rule for items`);
    if (type === 'array' && items === undefined) breaches.push(`${path}: no items`);
    // No feature that only JavaScript's expressions have: the server uses RE2.
    if (pattern !== undefined && /\(\?[=!<]|\\[1-9u]/.test(pattern)) breaches.push(`${path}: ${pattern}`);
    if (path.startsWith('.spec') && type === 'object' && !preserves && additionalProperties === undefined)
      breaches.push(`${path}: prunes what it does not know`);
    return [
      ...breaches,
      ...Object.entries(properties).flatMap(([name, property]) => findBreaches(property, `${path}.${name}`)),
      ...(items === undefined ? [] : findBreaches(items, `${path}[]`)),
      ...(typeof additionalProperties === 'object' ? findBreaches(additionalProperties, `${path}.NAME`) : []),
    ];
  }

  it.each(definitions.map((definition) => [definition.metadata.name, definition]))(
    'is structural, and prunes no field (%s)',
    (_, definition) => {
      expect(findBreaches(schemaOf(definition), '')).toEqual([]);
    },
  );

  const paths = [...listYaml('examples'), ...listYaml('packages/gateway/src/providers/translate/testdata')];
  const written = paths.flatMap((path) =>
    readManifests(path)
      .filter(({ kind }) => kind === 'Middleware' || kind === 'IngressRoute')
      .map((manifest) => [path, manifest.metadata.name, manifest] as const),
  );

  it.each(written)('accepts the objects in %s: %s', (_path, _name, manifest) => {
    expect(server.refusals(manifest)).toEqual([]);
  });

  it.each(cases('accepted.yaml').map((each) => [JSON.stringify(each.spec), each] as const))(
    'accepts %s',
    (_, each) => {
      expect(server.refusals(toManifest(each))).toEqual([]);
    },
  );

  it.each(cases('refused.yaml').map((each) => [JSON.stringify(each.spec), each] as const))(
    'rejects %s, as grantgate does',
    (_, each) => {
      expect(server.refusals(toManifest(each)).join('\n')).toContain(each.says);
      expect(findErrors(toManifest(each))).not.toEqual([]);
    },
  );
});

describe('an IngressRoute that Traefik accepts', () => {
  const fixtures = parse(readText('test/deploy/testdata/traefik-ingressroutes.yaml')) as readonly {
    readonly file: string;
    readonly spec: ResourceCase['spec'];
  }[];

  it('is stored, only with the definitions and also with the policies (every fixture of Traefik)', () => {
    const bare = createApiServer(definitions);
    const refused = fixtures.flatMap(({ file, spec }) => {
      const manifest = toManifest({ kind: 'IngressRoute', spec, says: '' });
      return [...bare.refusals(manifest), ...server.refusals(manifest)].map((text) => `${file}: ${text}`);
    });
    expect(fixtures.length).toBeGreaterThanOrEqual(85);
    expect(refused).toEqual([]);
  });

  it.each(cases('stored.yaml').map((each) => [JSON.stringify(each.spec), each] as const))(
    'is stored, and refused by the gateway: %s',
    (_, each) => {
      expect(server.refusals(toManifest(each))).toEqual([]);
      expect(findErrors(toManifest(each)).join('\n')).toContain(each.says);
    },
  );
});

describe('an admission policy', () => {
  const read = policies as unknown as readonly (Manifest & {
    readonly spec: {
      readonly variables: readonly unknown[];
      readonly validations: readonly { readonly expression: string; readonly messageExpression?: string }[];
    };
  })[];
  const plugin = (options: object): Manifest =>
    toManifest({ kind: 'Middleware', spec: { plugin: { oAuthClientCredentials: options } }, says: '' });
  /** As in Traefik's definitions, which do not define the fields below `plugin`. */
  const withoutSchema = ({ apiVersion, kind, metadata, ...rest }: Manifest): Manifest => ({
    ...{ apiVersion, kind, metadata },
    spec: {
      ...(rest['spec'] as object),
      versions: [{ schema: { openAPIV3Schema: { 'x-kubernetes-preserve-unknown-fields': true } } }],
    },
  });
  const untyped = createApiServer(
    definitions.map(withoutSchema),
    named('grantgate-ingressroutes', 'grantgate-middlewares'),
  );

  it('reads fields only through a value of the type dyn, so that no schema invalidates a comprehension or a field', () => {
    for (const { spec } of read) {
      expect(spec.variables).toEqual([
        { name: 'spec', expression: 'dyn(object.spec)' },
        { name: 'metadata', expression: 'dyn(object.metadata)' },
      ]);
      for (const { expression, messageExpression = '' } of spec.validations)
        expect(expression + messageExpression).not.toMatch(/object\./);
    }
  });

  it.each([
    [
      { clams: 1, cliendID: 2 },
      'spec.plugin.oAuthClientCredentials: unknown field clams, cliendID; known fields: url,',
    ],
    [
      { clientConfig: 5 },
      'spec.plugin.oAuthClientCredentials.clientConfig: unknown field (expected an object);',
    ],
    [{ clientConfig: { tls: [1] } }, 'clientConfig.tls: unknown field (expected an object);'],
    [{ store: { redis: { cluster: 5 } } }, 'store.redis.cluster: expected {} or a boolean'],
    [{ store: { redis: { cluster: 'yes' } } }, 'store.redis.cluster: expected {} or a boolean'],
    [{ store: { redis: { cluster: [] } } }, 'store.redis.cluster: expected {} or a boolean'],
    [
      { store: { redis: { sentinel: { masterset: 'a', usrname: 'b' } } } },
      'sentinel: unknown field usrname;',
    ],
    ['text', 'spec.plugin.oAuthClientCredentials: unknown field (expected an object);'],
  ])('names the wrong field of %j, whatever its type', (options, says) => {
    const said = untyped.refusals(plugin(options as object));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(says);
  });

  const open = createApiServer(definitions, named('grantgate-open-routes'));
  const routes = (...each: readonly object[]): ResourceCase => ({
    kind: 'IngressRoute',
    spec: { routes: each.map((route) => ({ services: [{ name: 'a' }], ...route })) },
    says: '',
  });
  const withMiddleware = { match: 'Path(`/b`)', middlewares: [{ name: 'auth' }] };

  it.each([
    [{ match: 'Path(`/a`)' }],
    [{ match: 'Path(`/a`)', middlewares: [] }],
    [{ match: 'Path(`/a`)', middleware: [{ name: 'auth' }] }],
  ])('against open routes rejects %j, and names the route', (route) => {
    expect(open.refusals(toManifest(routes(withMiddleware, route)))).toEqual([
      'spec.routes[]: no middleware, so everyone can use it: Path(`/a`); name one under middlewares, or annotate the IngressRoute with grantgate.dev/open: "true"',
    ]);
  });

  it.each([
    ['true', 0],
    ['false', 1],
    ['', 1],
  ])('against open routes reads the annotation: %j', (value, count) => {
    const manifest = toManifest(routes({ match: 'Path(`/a`)' }));
    const annotations = { 'grantgate.dev/open': value };
    expect(
      open.refusals({ ...manifest, metadata: { ...manifest.metadata, annotations } as Manifest['metadata'] }),
    ).toHaveLength(count);
  });

  const local = createApiServer(definitions, named('grantgate-local-references'));
  const looseLocal = createApiServer(
    definitions.map((definition) => withoutSchema(definition)),
    named('grantgate-local-references'),
  );
  const own = { url: 'https://as.example/token', clientID: 'a', clientSecret: 'urn:k8s:secret:creds:secret' };

  it.each<[object, string]>([
    [{ clientSecret: 'urn:env:SECRET' }, '.clientSecret'],
    [{ clientSecret: 'URN:File:/var/run/secrets/kubernetes.io/serviceaccount/token' }, '.clientSecret'],
    [{ clientConfig: { tls: { ca: 'urn:file:/ca.pem' } } }, '.clientConfig.tls.ca'],
    [{ clientConfig: { headers: { 'X-Key': 'urn:env:KEY' } } }, '.clientConfig.headers.X-Key'],
    [{ endpointParams: { key: 'urn:env:KEY' } }, '.endpointParams.key'],
    [{ scopes: ['a', 'urn:env:SCOPE'] }, '.scopes'],
    [{ store: { secrets: ['urn:env:A'], redis: { endpoints: ['a:1'] } } }, '.store.secrets'],
    [
      { store: { secret: 'urn:k8s:secret:a:b', redis: { endpoints: ['a:1'], sentinel: { masterSet: 'm', password: 'urn:file:/p' } } } },
      '.store.redis.sentinel.password',
    ],
    [{ clientSecret: 'urn:env:A', claims: 'urn:env:B' }, '.clientSecret, .claims'],
  ])('against local references rejects %j, and names the option', (options, paths) => {
    const says = paths.split(', ').map((path) => `.plugin.oAuthClientCredentials${path}`).join(', ');
    for (const api of [local, looseLocal])
      expect(api.refusals(plugin({ ...own, ...options }))).toEqual([
        `spec${says}: urn:env: and urn:file: refer to the gateway's own environment and files; use urn:k8s:secret:NAME:KEY`,
      ]);
  }); // prettier-ignore

  it('against local references rejects them in any letter case of the names', () => {
    const spec = { plugin: { OAUTHclientcredentials: { ...own, CLIENTSECRET: 'urn:env:SECRET' } } };
    expect(looseLocal.refusals(toManifest({ kind: 'Middleware', spec, says: '' }))).toEqual([
      expect.stringContaining('spec.plugin.OAUTHclientcredentials.CLIENTSECRET: urn:env:'),
    ]);
    const file = plugin({ ...own, ClientConfig: { Assertion: { File: '/token' } } });
    expect(looseLocal.refusals(file)).toEqual([
      "spec.plugin.oAuthClientCredentials.ClientConfig.Assertion.File: a file of the gateway's own; use clientConfig.assertion.key",
    ]);
  });

  it.each<[unknown]>([
    [own],
    [{ ...own, clientSecret: 'urn:ietf:params:oauth', claims: 'Equals(`a`, `urn:env:B`)' }],
    [{ ...own, endpointParams: { file: 'a' }, scopes: ['urn:k8s:secret:a:b'], tokenLifetime: 5 }],
    [5],
  ])('against local references accepts %j', (options) => {
    expect(looseLocal.refusals(plugin(options as object))).toEqual([]);
  });

  it('against local references rejects them in a middleware that is not a plugin', () => {
    const spec = { Headers: { customRequestHeaders: { 'X-Key': 'urn:env:KEY' } } };
    expect(looseLocal.refusals(toManifest({ kind: 'Middleware', spec, says: '' }))).toEqual([
      expect.stringMatching(/^spec\.Headers\.customRequestHeaders\.X-Key: urn:env: and/),
    ]);
  });

  it('against local references ignores middlewares of kinds that the gateway does not serve', () => {
    const spec = { digestAuth: { realm: 'urn:env:B' }, plugin: { other: { a: 'urn:env:B' } } };
    expect(looseLocal.refusals(toManifest({ kind: 'Middleware', spec, says: '' }))).toEqual([]);
  });

  it('against open routes accepts routes with a middleware', () => {
    expect(open.refusals(toManifest(routes(withMiddleware, withMiddleware)))).toEqual([]);
  });
});
