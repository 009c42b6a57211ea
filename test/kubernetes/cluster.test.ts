import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { until } from '../../packages/testkit/src/until.ts';
import { shop } from '../../packages/gateway/src/providers/kubernetes/following.testkit.ts';
import { readText, repository } from '../deploy/manifests.testkit.ts';
import type { TestCluster } from './cluster.testkit.ts';
import { startCluster } from './cluster.testkit.ts';
import type { FollowedCluster } from './follow.testkit.ts';
import { followCluster } from './follow.testkit.ts';

interface ClusterCase {
  readonly kind: string;
  readonly spec: object;
  readonly says: string;
}

const assets = process.env['KUBEBUILDER_ASSETS'];
const slow = 120_000;

// Few machines have an API server: `make test-kubernetes` prints how to get one.
describe.runIf(assets !== undefined)('a real API server', () => {
  let cluster: TestCluster;
  let followed: FollowedCluster | undefined;
  beforeAll(async () => {
    cluster = await startCluster(assets!);
    cluster.kubectl(['apply', '-k', `${repository}deploy/kubernetes`]);
    cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    for (const namespace of ['apps', 'late']) cluster.kubectl(['create', 'namespace', namespace]);
    cluster.kubectl(['create', 'clusterrolebinding', 'gateway', '--clusterrole=grantgate', '--user=gateway']);
    // Definitions are served, and policies enforced, shortly after they are stored.
    const wrong = toObject({ kind: 'IngressRoute', spec: { rutes: [], routes: [] }, says: '' }, 0);
    await until(() => apply(wrong, '--dry-run=server').includes('unknown field rutes'));
  }, slow);
  afterAll(async () => {
    followed?.provider.close();
    await cluster.close();
  });

  const toObject = ({ kind, spec }: ClusterCase, index: number): string =>
    // kubectl reads YAML 1.1, where `yes` is a boolean.
    JSON.stringify({
      apiVersion: 'traefik.io/v1alpha1',
      kind,
      metadata: { name: `case-${index}`, namespace: 'apps' },
      spec,
    });
  const apply: TestCluster['apply'] = (...args) => cluster.apply(...args);
  const read = (file: string): readonly ClusterCase[] =>
    parse(readText(`test/deploy/testdata/${file}`)) as readonly ClusterCase[];

  it(
    'accepts the manifests',
    () => {
      const said = cluster.kubectl(['apply', '-k', `${repository}deploy/kubernetes`]);
      expect(said).not.toMatch(/error|invalid/i);
      expect(said.match(/unchanged|configured/g)?.length).toBeGreaterThan(12);
    },
    slow,
  );

  it(
    'stores the accepted objects, and every IngressRoute of Traefik',
    () => {
      const traefik = read('traefik-ingressroutes.yaml').map((each) => ({ ...each, kind: 'IngressRoute' }));
      const all = [...read('accepted.yaml'), ...read('stored.yaml'), ...traefik];
      const said = apply(all.map(toObject).join('\n---\n'), '--dry-run=server');
      expect(said.match(/created \(server dry run\)/g)).toHaveLength(all.length);
    },
    slow,
  );

  it(
    'rejects the invalid objects, and names the wrong field',
    () => {
      for (const [index, each] of read('refused.yaml').entries()) {
        const said = apply(toObject(each, index), '--dry-run=server');
        expect(said, JSON.stringify(each)).toContain(each.says);
        expect(said, JSON.stringify(each)).not.toMatch(/created|no such overload|\.all\(/);
      }
    },
    slow,
  );

  it(
    'rejects local references once the policy against them is applied, and names the option',
    async () => {
      cluster.kubectl(['apply', '-f', `${repository}deploy/kubernetes/admission/local-references.yaml`]);
      const toMiddleware = (clientSecret: string): string =>
        toObject({ kind: 'Middleware', spec: { plugin: { oAuthClientCredentials: { url: 'https://as.example', clientID: 'a', clientSecret } } }, says: '' }, 0);
      await until(() => apply(toMiddleware('urn:env:A'), '--dry-run=server').includes('spec.plugin.oAuthClientCredentials.clientSecret: urn:env: and'));
      expect(apply(toMiddleware('URN:file:/token'), '--dry-run=server')).toContain('.clientSecret: urn:env: and urn:file: refer');
      expect(apply(toMiddleware('urn:k8s:secret:a:b'), '--dry-run=server')).toContain('created (server dry run)');
      const accepted = read('accepted.yaml');
      const said = apply(accepted.map(toObject).join('\n---\n'), '--dry-run=server');
      expect(said.match(/created \(server dry run\)/g)).toHaveLength(accepted.length);
      cluster.kubectl(['delete', '-f', `${repository}deploy/kubernetes/admission/local-references.yaml`]);
    },
    slow,
  ); // prettier-ignore

  it(
    'is followed by the provider, with the role of the manifests',
    async () => {
      apply(shop('apps'));
      followed = await followCluster(cluster);
      const { provider, last, translated } = followed;
      expect(provider.isReady()).toBe(true);
      expect(translated().problems).toEqual([]);
      expect(translated().secrets.get('apps/keys')?.get('secret')).toBe('hunter2-apps');
      apply(shop('apps').split('---')[2]!.replace('hunter2', 'rotated'));
      await until(() => translated().secrets.get('apps/keys')?.get('secret') === 'rotated-apps');
      apply(shop('late').replace('kind: Rule', 'kind: Ruler'));
      await until(() => last().documents.some(({ file }) => file.endsWith('IngressRoute/late/shop')));
      provider.report(translated().problems);
      await until(() => cluster.kubectl(['get', 'events', '-n', 'late']).includes('expected "Rule"'));
      cluster.kubectl(['delete', 'secret', '-n', 'apps', 'keys']);
      await until(() => !translated().secrets.has('apps/keys'));
    },
    slow,
  );
});

it.runIf(assets === undefined)('is left out without KUBEBUILDER_ASSETS', () => {
  expect(process.env['KUBEBUILDER_ASSETS']).toBeUndefined();
});
