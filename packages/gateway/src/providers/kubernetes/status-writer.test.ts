import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestApiServer } from './api-server.testkit.ts';
import { startApiServer } from './api-server.testkit.ts';
import type { FollowingProvider } from './following.testkit.ts';
import { follow } from './following.testkit.ts';

const objects = readFileSync(
  new URL('../translate/kubernetes/testdata/http-routes.yaml', import.meta.url),
  'utf8',
);

let server: TestApiServer;
let following: FollowingProvider | undefined;
beforeEach(async () => {
  server = await startApiServer();
});
afterEach(async () => {
  following?.provider.close();
  following = undefined;
  await server.close();
});

async function start(): Promise<FollowingProvider> {
  following = follow(server, '', { others: 'kubernetesGateway: {}' });
  await following.start();
  report(following);
  return following;
}

const report = ({ provider, translated }: FollowingProvider): void => provider.report(translated().problems);

interface Parent {
  readonly controllerName: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly observedGeneration: number;
    readonly lastTransitionTime: string;
  }[];
}

const parentsOf = (name: string): readonly Parent[] => {
  const object = server.findObject('httproutes', name);
  return (object?.['status'] as { parents?: readonly Parent[] } | undefined)?.parents ?? [];
};
const shown = (name: string): readonly string[] =>
  parentsOf(name).flatMap(({ conditions }) =>
    conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
  );
const writes = () => server.requests.filter(({ resource }) => resource === 'httproutes/status');

describe('the status of HTTPRoutes', () => {
  it('reports attachment, references, and unsupported parts', async () => {
    server.apply(objects);
    const { until } = await start();
    await until(() => ['apps/all', 'apps/hosts', 'other/foreign'].every((name) => shown(name).length > 0));
    expect(shown('apps/hosts')).toEqual(['Accepted True Accepted', 'ResolvedRefs True ResolvedRefs']);
    expect(shown('apps/all')).toEqual([
      'Accepted True Accepted',
      'ResolvedRefs False BackendNotFound',
      'PartiallyInvalid True UnsupportedValue',
    ]);
    expect(shown('other/foreign')).toEqual([
      'Accepted False NotAllowedByListeners',
      'ResolvedRefs False RefNotPermitted',
    ]);
    const [parent] = parentsOf('apps/all');
    expect(parent).toMatchObject({
      parentRef: { name: 'edge', sectionName: 'plain' },
      controllerName: 'traefik.io/gateway-controller',
    });
    expect(parent!.conditions[1]).toMatchObject({
      observedGeneration: 1,
      message: 'spec.rules[0].backendRefs[1].name: there is no Service apps/none',
      lastTransitionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    });
  });

  it('is written once, also when a second gateway reports the same', async () => {
    server.apply(objects);
    const first = await start();
    await first.until(() => writes().length === 3);
    report(first);
    first.provider.close();
    const gets = (): number =>
      server.requests.filter(({ resource, verb }) => resource === 'httproutes' && verb === 'get').length;
    const before = gets();
    const second = await start();
    await second.until(() => gets() === before + 3);
    expect(writes()).toHaveLength(3);
  });

  it('keeps the conditions of other controllers, and the time of unchanged ones', async () => {
    server.apply(objects);
    const { until } = await start();
    await until(() => writes().length === 3);
    const [{ conditions: before }] = parentsOf('apps/hosts') as [Parent];
    const other = { parentRef: { name: 'edge' }, controllerName: 'example.com/other', conditions: [] };
    server.setStatus('httproutes', 'apps/hosts', { parents: [...parentsOf('apps/hosts'), other] });
    server.apply(
      objects
        .split('\n---\n')
        .find((text) => /name: hosts, namespace/.test(text) && /HTTPRoute/.test(text))!
        .replace("'*.org'", "'*.net'"),
    );
    await until(() => {
      report(following!);
      return parentsOf('apps/hosts').at(-1)?.conditions[0]?.observedGeneration === 2;
    });
    const parents = parentsOf('apps/hosts');
    expect(parents.map(({ controllerName }) => controllerName)).toEqual([
      'example.com/other',
      'traefik.io/gateway-controller',
    ]);
    expect(parents[1]!.conditions[0]!.lastTransitionTime).toBe(before[0]!.lastTransitionTime);
  });

  it('is not written where a role does not allow it, which is reported once', async () => {
    server.forbid('httproutes/status');
    server.apply(objects);
    const { until, events } = await start();
    const refused = () => events.filter(({ kind }) => kind === 'statuses_refused');
    await until(() => refused().length === 2);
    report(following!);
    expect(refused()).toMatchObject([{ namespace: 'apps' }, { namespace: 'other' }]);
    expect(writes().every(({ status }) => status === 403)).toBe(true);
  });
});
