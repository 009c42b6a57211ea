import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../../packages/gateway/src/providers/kubernetes/following.testkit.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { repository } from '../deploy/manifests.testkit.ts';
import type { TestCluster } from './cluster.testkit.ts';
import { startCluster } from './cluster.testkit.ts';
import type { FollowedCluster } from './follow.testkit.ts';
import { followCluster } from './follow.testkit.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const slow = 120_000;
const count = 100;

describe.runIf(assets !== undefined)('an API server that takes two requests at a time', () => {
  let cluster: TestCluster;
  let followed: FollowedCluster | undefined;
  beforeAll(async () => {
    cluster = await startCluster(assets!, {
      'enable-priority-and-fairness': 'false',
      'max-requests-inflight': '2',
    });
    cluster.kubectl(['apply', '-k', `${repository}deploy/kubernetes`]);
    cluster.kubectl(['create', 'namespace', 'apps']);
    cluster.kubectl(['create', 'clusterrolebinding', 'gateway', '--clusterrole=grantgate', '--user=gateway']);
    const [route = '', middleware = '', secret = '', ...services] = shop('apps').split('---');
    const numbered = (text: string, n: number): string =>
      text
        .replaceAll('keys', `keys-${n}`)
        .replaceAll('name: auth', `name: auth-${n}`)
        .replace('name: shop', `name: shop-${n}`)
        .replace('`/apps`', `\`/apps/${n}\``);
    const objects = Array.from({ length: count }, (_, n) =>
      [route, middleware, secret].map((text) => numbered(text, n)),
    );
    await cluster.applyAll([...objects.flat(), ...services].join('\n---\n'));
  }, slow);
  afterAll(async () => {
    followed?.provider.close();
    await cluster.close();
  });

  it(
    'responds with 429 to a client without a limit, which waits as told and reads everything',
    async () => {
      followed = await followCluster(cluster, `qps: 10000, burst: 10000, secretsThreshold: ${count}`);
      const { provider, calls, translated } = followed;
      await until(() => provider.isReady());
      expect(translated().problems).toEqual([]);
      expect(translated().secrets.size).toBe(count);
      const refused = calls.filter(({ code }) => code === '429');
      expect(refused.length).toBeGreaterThan(0);
      // Concurrent requests each time, not an endless sequence.
      expect(refused.length).toBeLessThan(10 * count);
    },
    slow,
  );

  // It may be busy itself, and the gateway begins with four lists.
  const firstLists = 4;
  it(
    'responds with 429 only to the first lists of a client with the default limit',
    async () => {
      followed?.provider.close();
      followed = await followCluster(cluster);
      const { provider, calls, translated } = followed;
      await until(() => provider.isReady());
      expect(translated().problems).toEqual([]);
      expect(calls.filter(({ code }) => code === '429').length).toBeLessThanOrEqual(firstLists);
    },
    slow,
  );
});
