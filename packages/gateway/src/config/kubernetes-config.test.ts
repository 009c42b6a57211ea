import { describe, expect, it } from 'vitest';
import { parseInstall } from './parse-install.ts';

const parse = (providers: string) => parseInstall(`providers: { ${providers} }`, 'g.yaml');

describe('the providers of a cluster', () => {
  it('share one connection to the cluster, with the largest of their limits', () => {
    const { config } = parse(
      'kubernetesCRD: { endpoint: "https://a" }, kubernetesIngress: { ingressClass: own, disableIngressClassLookup: true, qps: 500 }, kubernetesGateway: { endpoint: "https://a", namespaces: [apps], throttleDuration: 1s }',
    );
    expect(config!.providers.kubernetes).toMatchObject({
      endpoint: 'https://a',
      qps: 500,
      throttleMs: 1000,
      ingress: { ingressClass: 'own', readsClasses: false, strictPrefixMatching: false },
      gateway: { namespaces: ['apps'] },
    });
  });

  it('each suffice to read a cluster', () => {
    expect(parse('kubernetesIngress: {}').config!.providers.kubernetes).toMatchObject({
      crd: undefined,
      gateway: undefined,
    });
    expect(parse('kubernetesGateway: {}').config!.providers.kubernetes).toMatchObject({ crd: undefined });
  });

  it.each(['endpoint', 'kubeconfig'])('are refused when they name two clusters by %s', (option) => {
    const { config, problems } = parse(
      `kubernetesCRD: { ${option}: "https://a" }, kubernetesIngress: { ${option}: "https://b" }`,
    );
    expect(config).toBeUndefined();
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      `providers.kubernetesIngress.${option}: expected the value of providers.kubernetesCRD.${option}: all providers of Kubernetes read one cluster`,
    ]);
  });
});
