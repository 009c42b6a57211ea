import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../../config/parse-documents.ts';
import { createTranslate } from '../translate.ts';

const services = `
apiVersion: v1
kind: Service
metadata: { name: one, namespace: apps }
spec: { clusterIP: 10.0.0.7, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: headless, namespace: apps }
spec: { clusterIP: None, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: unknown-address, namespace: apps }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: one-a, namespace: apps, labels: { kubernetes.io/service-name: one } }
addressType: IPv4
endpoints: [{ addresses: [192.0.2.1] }]
ports: [{ port: 8080 }]
---
`;

const traefikService = (spec: string): string => `
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: { name: spread, namespace: apps }
spec: ${spec}
`;

const route = (service: string): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: route, namespace: apps }
spec: { routes: [{ match: "Host(\`a.example\`)", services: [${service}] }] }
`;

function load(text: string) {
  const parsed = parseDocuments(`${services}${text}`, 'routes.yaml');
  expect(parsed.problems).toEqual([]);
  const { services: found, problems } = createTranslate()(parsed.documents);
  return { found, problems: problems.map(({ message }) => message) };
}

describe('a TraefikService', () => {
  it('distributes requests by the address of the peer with highestRandomWeight', () => {
    const { found, problems } = load(
      traefikService(
        '{ highestRandomWeight: { services: [{ name: one, port: 80, weight: 2 }, { name: other, kind: TraefikService }] } }',
      ).replace('kind: TraefikService }', 'kind: Service, port: 80 }'),
    );
    expect(problems).toEqual(['there is no Service apps/other']);
    expect(found.get('apps-spread@kubernetescrd')).toMatchObject({
      kind: 'weighted',
      strategy: 'hrw',
      services: [
        { weight: 2, writtenName: 'apps-one-80' },
        { weight: 1, writtenName: 'apps-other-80' },
      ],
    });
  });

  it('has a fallback for a Service without endpoints or, with a health check, without a healthy one', () => {
    const { found, problems } = load(
      traefikService(
        '{ failover: { service: { name: one, port: 80 }, fallback: { name: headless, port: 80 }, errors: {} } }',
      ),
    );
    expect(problems).toEqual([]);
    const { service, fallback } = found.get('apps-spread@kubernetescrd') as {
      readonly service: string;
      readonly fallback: string;
    };
    expect(found.get(service)).toMatchObject({
      servers: [{ url: 'http://192.0.2.1:8080' }],
    });
    expect(found.get(fallback)).toMatchObject({
      servers: [{ url: 'http://headless.apps.svc.cluster.local:80' }],
    });
  });

  it.each([
    ['{ mirroring: { name: one, port: 80 } }', ['mirroring is not supported by this version']],
    ['{}', ['expected exactly one of weighted, highestRandomWeight, failover']],
    [
      '{ weighted: { services: [{ name: one, port: 80 }] }, highestRandomWeight: { services: [{ name: one, port: 80 }] } }',
      ['expected exactly one of weighted, highestRandomWeight, failover'],
    ],
    [
      '{ failover: { service: { name: one, port: 80, healthCheck: {} }, fallback: { name: one, port: 80 }, errors: { status: ["500"] } } }',
      ['status is not supported by this version'],
    ],
    ['{ failover: { service: { name: one, port: 80, healthCheck: {} } } }', ['is required']],
  ])('with %s is refused with one message', (spec, messages) => {
    expect(load(traefikService(spec)).problems).toEqual(messages);
  });
});

describe('a service of an IngressRoute', () => {
  it('has a strategy, with RoundRobin as the old name of wrr, and a passive health check', () => {
    const name = 'apps-route-0ce9fe06b4bbfb2d7c6b@kubernetescrd';
    const find = (options: string) => {
      const { found, problems } = load(route(`{ name: one, port: 80, ${options} }`));
      expect(problems).toEqual([]);
      return found.get([...found.keys()][0] ?? name);
    };
    expect(find('strategy: p2c')).toMatchObject({ strategy: 'p2c' });
    expect(find('strategy: RoundRobin')).toMatchObject({ strategy: 'wrr' });
    expect(find('passiveHealthCheck: { maxFailedAttempts: 2 }')).toMatchObject({
      passiveHealthCheck: { maxFailedAttempts: 2, failureWindowMs: 10_000 },
    });
  });

  it.each([
    ['one', 'http://10.0.0.7:80', undefined],
    ['unknown-address', 'http://unknown-address.apps.svc.cluster.local:80', undefined],
    [
      'headless',
      undefined,
      'the Service apps/headless has no address of its own: nativeLB needs a clusterIP',
    ],
  ])('with nativeLB, sends requests to the Service %s itself', (service, url, problem) => {
    const { found, problems } = load(route(`{ name: ${service}, port: 80, nativeLB: true }`));
    expect(problems).toEqual(problem === undefined ? [] : [problem]);
    expect([...found.values()]).toMatchObject([{ servers: url === undefined ? [] : [{ url }] }]);
  });
});
