import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shop } from '../../packages/gateway/src/providers/kubernetes/following.testkit.ts';
import { prepare } from '../../packages/gateway/src/snapshot/prepare.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { readText } from '../deploy/manifests.testkit.ts';
import type { TestCluster } from './cluster.testkit.ts';
import { startCluster } from './cluster.testkit.ts';
import type { FollowedCluster } from './follow.testkit.ts';
import { followCluster } from './follow.testkit.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const slow = 120_000;
const without = (what: string): string =>
  shop('apps')
    .split('---')
    .filter((part) => !part.includes(`kind: ${what}`))
    .join('---');
/** A route whose `middlewares` has another type. */
const misspelt = (name: string): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: ${name}, namespace: apps }
spec:
  routes:
    - { match: Path(\`/${name}\`), kind: Rule, middleware: [{ name: auth }], services: [{ name: web, port: 80 }] }
`;

describe.runIf(assets !== undefined)('a real API server with the definitions of Traefik', () => {
  let cluster: TestCluster;
  let followed: FollowedCluster | undefined;
  beforeAll(async () => {
    cluster = await startCluster(assets!);
    await cluster.applyAll(readText('test/kubernetes/testdata/traefik-definitions.yaml'));
    for (const namespace of ['apps', 'ending']) cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.applyAll(readText('deploy/kubernetes/roles.yaml'));
    cluster.kubectl(['create', 'clusterrolebinding', 'gateway', '--clusterrole=grantgate', '--user=gateway']);
    await cluster.applyAll(without('IngressRoute'));
  }, slow);
  afterAll(async () => {
    followed?.provider.close();
    await cluster.close();
  });
  /** Errors of each route, by its rule. */
  const errorsOf = (rule: string): readonly string[] | undefined =>
    Array.from(followed!.translated().routers.values())
      .find((router) => router.rule === rule)
      ?.errors.map(({ code }) => code);

  it(
    "stores every IngressRoute of Traefik that Traefik's own definitions accept",
    () => {
      const all = parse(readText('test/deploy/testdata/traefik-ingressroutes.yaml')) as readonly {
        readonly spec: object;
      }[];
      const manifests = all.map(({ spec }, index) =>
        JSON.stringify({
          apiVersion: 'traefik.io/v1alpha1',
          kind: 'IngressRoute',
          metadata: { name: `case-${index}`, namespace: 'apps' },
          spec,
        }),
      );
      const said = cluster.apply(manifests.join('\n---\n'), '--dry-run=server');
      expect(said.match(/created \(server dry run\)/g)).toHaveLength(all.length);
    },
    slow,
  );

  it(
    "accepts Traefik's Middlewares with grantgate's options",
    async () => {
      followed = await followCluster(cluster);
      await until(() => followed!.provider.isReady());
      expect(followed.translated().problems).toEqual([]);
      expect(followed.translated().middlewares.has('apps-auth@kubernetescrd')).toBe(true);
    },
    slow,
  );

  it(
    'rejects a misspelt field, or drops it when the client turns validation off',
    () => {
      expect(cluster.apply(misspelt('strict'))).toContain('unknown field "spec.routes[0].middleware"');
      expect(cluster.apply(misspelt('strict'), '--server-side', '--validate=false')).toContain(
        'field not declared in schema',
      );
      expect(cluster.apply(misspelt('applied'), '--validate=false')).toContain('created');
      const args = ['get', 'ingressroute', '-n', 'apps', 'applied', '-o', 'yaml', '--show-managed-fields'];
      const stored = cluster.kubectl(args);
      // kubectl's annotation contains it; neither the object nor managedFields do.
      expect(stored).toContain('"middleware":[');
      expect(stored).not.toMatch(/^[ -]*(f:)?middleware:/m);
    },
    slow,
  );

  it(
    "leaves a route that the provider refuses, because kubectl's annotation shows the dropped field",
    async () => {
      await until(() => errorsOf('Path(`/applied`)') !== undefined);
      expect(errorsOf('Path(`/applied`)')).toEqual(['pruned_field']);
    },
    slow,
  );

  it(
    'refuses a route without middlewares and without that annotation, through the policy for open routes',
    async () => {
      cluster.apply(readText('deploy/kubernetes/admission/open-routes.yaml'));
      const create = (): string =>
        cluster.kubectl(['create', '--dry-run=server', '--validate=false', '-f', '-'], misspelt('created'));
      // Policies are enforced shortly after they are stored.
      const said = await until(() => create().includes('denied request') && create());
      expect(said).toContain('no middleware, so everyone can use it: Path(`/created`)');
    },
    slow,
  );

  it(
    'rejects Events of a namespace that is being deleted, and accepts others',
    async () => {
      const broken = (namespace: string): string =>
        shop(namespace).split('---')[1]!.replace('https://issuer', 'nonsense://issuer');
      await cluster.applyAll(`${broken('ending')}---${broken('apps')}`);
      cluster.kubectl(['delete', 'namespace', 'ending', '--wait=false']);
      const { translated, provider, events } = followed!;
      const problemsOf = () =>
        prepare(translated(), {
          env: {},
          readFile: () => '',
          realPath: (path) => path,
          entryPoints: undefined,
        }).problems.filter(({ code }) => code === 'invalid_value');
      await until(() => problemsOf().length === 2);
      provider.report(problemsOf());
      await until(() => events.some(({ kind }) => kind === 'events_refused'));
      expect(events.filter(({ kind }) => kind.startsWith('event'))).toMatchObject(
        expect.arrayContaining([
          {
            kind: 'events_refused',
            namespace: 'ending',
            reason: expect.stringContaining('because it is being terminated') as string,
          },
        ]) as object,
      );
      await until(() => cluster.kubectl(['get', 'events', '-n', 'apps']).includes('middleware/auth'));
    },
    slow,
  );
});
