import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apiCases,
  caseObjects,
  endingNamespace,
  sendCase,
} from '../../packages/gateway/src/providers/kubernetes/api-cases.testkit.ts';
import type { TestCluster } from './cluster.testkit.ts';
import { startCluster } from './cluster.testkit.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const slow = 120_000;

describe.runIf(assets !== undefined)('a real API server, like the fake one,', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(assets!);
    for (const namespace of ['apps', endingNamespace]) cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.applyAll(caseObjects);
    // It stays unfinished, because there is no controller.
    cluster.kubectl(['delete', 'namespace', endingNamespace, '--wait=false']);
  }, slow);
  afterAll(() => cluster.close());

  it.each(apiCases)('$name', async ({ as, ...one }) => {
    const token = as === 'nobody' ? 'another' : cluster.tokens[as ?? 'admin'];
    const response = await sendCase({ ...cluster, token }, one);
    expect(response).toMatchObject({ status: one.status, type: one.type ?? 'application/json' });
    expect(response.says).toContain(one.says ?? '');
    for (const [path, value] of Object.entries(one.has ?? {})) expect(response.at(path)).toEqual(value);
  });

  it(
    'sends a bookmark before it ends a watch, with only a kind and a version',
    async () => {
      const path =
        '/api/v1/namespaces/apps/secrets?watch=true&allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=4';
      const lines = await new Promise<readonly string[]>((resolve, reject) => {
        const headers = { Authorization: `Bearer ${cluster.tokens.admin}` };
        get(new URL(path, cluster.url), { headers, ca: readFileSync(cluster.caFile) }, (response) => {
          text(response).then((received) => resolve(received.trim().split('\n')), reject);
        }).on('error', reject);
      });
      expect(JSON.parse(lines.at(-1)!)).toEqual({
        type: 'BOOKMARK',
        object: {
          kind: 'Secret',
          apiVersion: 'v1',
          metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as string },
        },
      });
    },
    slow,
  );
});
