import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import { readText } from '../deploy/manifests.testkit.ts';
import type { TestCluster } from './cluster.testkit.ts';
import { startCluster } from './cluster.testkit.ts';
import type { FollowedCluster } from './follow.testkit.ts';
import { followCluster } from './follow.testkit.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const slow = 120_000;
/** Kinds of Traefik whose definitions a cluster may lack. */
const undefinedKinds = new Set(
  ['tlsoptions', 'tlsstores', 'serverstransports', 'traefikservices'].map((kind) => `404 ${kind}`),
);
const testdata = 'packages/gateway/src/providers/translate/kubernetes/testdata/';

describe.runIf(assets !== undefined)('a real API server with Ingresses and Gateway API', () => {
  let cluster: TestCluster;
  let followed: FollowedCluster;
  beforeAll(async () => {
    cluster = await startCluster(assets!);
    // Traefik's definitions replace the gateway's own.
    await cluster.applyAll(readText('test/kubernetes/testdata/traefik-definitions.yaml'));
    cluster.apply(readText('test/kubernetes/testdata/gateway-definitions.yaml'), '--server-side');
    for (const roles of ['roles', 'ingress/roles', 'gateway/roles'])
      await cluster.applyAll(readText(`deploy/kubernetes/${roles}.yaml`));
    for (const role of ['grantgate', 'grantgate-ingress', 'grantgate-gateway'])
      cluster.kubectl([
        'create',
        'clusterrolebinding',
        `user-${role}`,
        `--clusterrole=${role}`,
        '--user=gateway',
      ]);
    for (const namespace of ['apps', 'other']) cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.applyAll(readText(`${testdata}ingress.yaml`));
    await cluster.applyAll(readText(`${testdata}http-routes.yaml`));
    followed = await followCluster(cluster, '', 'kubernetesIngress: {}, kubernetesGateway: {}');
    await until(() => followed.provider.isReady());
  }, slow);
  afterAll(async () => {
    followed.provider.close();
    await cluster.close();
  });

  it('serves them with the roles beside the manifests', () => {
    const failed = followed.calls.filter(({ code }) => !code.startsWith('2'));
    expect(new Set(failed.map(({ code, resource }) => `${code} ${resource}`))).toEqual(undefinedKinds);
    const names = [...followed.translated().routers.keys()];
    expect(names).toContain('apps-all-shop-example-com-exact@kubernetes');
    expect(names.some((name) => name.startsWith('apps-theirs'))).toBe(false);
    // Six at one listener, and one at the other.
    expect(names.filter((name) => name.endsWith('@kubernetesgateway'))).toHaveLength(7);
  });

  it(
    'accepts the status of HTTPRoutes, and keeps that of another controller',
    async () => {
      const { provider, translated } = followed;
      const conditions = (): string =>
        cluster.kubectl([
          ...['get', 'httproute', 'all', '-n', 'apps', '-o'],
          'jsonpath={range .status.parents[*].conditions[*]}{.type} {.status} {.reason} {.observedGeneration}{"\\n"}{end}',
        ]);
      provider.report(translated().problems);
      await until(
        () => conditions() !== '',
        () => conditions(),
      );
      expect(conditions().trim().split('\n')).toEqual([
        'Accepted True Accepted 1',
        'ResolvedRefs False BackendNotFound 1',
        'PartiallyInvalid True UnsupportedValue 1',
      ]);
    },
    slow,
  );

  it(
    'adds and removes routes with their classes',
    async () => {
      const { translated } = followed;
      const count = (): number =>
        [...translated().routers.keys()].filter((name) => /@kubernetes(?:gateway)?$/.test(name)).length;
      const before = count();
      cluster.kubectl(['delete', 'gatewayclass', 'ours']);
      cluster.kubectl(['delete', 'ingressclass', 'ours']);
      // Seven of HTTPRoutes, and seven of the Ingress `all`.
      await until(() => count() === before - 14);
      expect(count()).toBe(before - 14);
    },
    slow,
  );
});
