import { readdirSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import { findHelm, renderChart, rendered, variants } from '../deploy/chart.testkit.ts';
import { readText, repository } from '../deploy/manifests.testkit.ts';
import type { TestCluster } from './cluster.testkit.ts';
import { hasController, startCluster } from './cluster.testkit.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const helm = findHelm();
const slow = 120_000;
const policies = readdirSync(`${repository}deploy/kubernetes/admission`);
/** An object with an error, so that no message for the others proves something. */
const control = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: control }
spec:
  matchConstraints:
    resourceRules: [{ apiGroups: [traefik.io], apiVersions: [v1alpha1], operations: [CREATE], resources: [ingressroutes] }]
  validations: [{ expression: object.spec.nonsense == 1 }]
`;

interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly object[] };
  };
}

/** Of the Prometheus Operator, the parts that the chart needs. */
const podMonitors = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: podmonitors.monitoring.coreos.com }
spec:
  group: monitoring.coreos.com
  names: { kind: PodMonitor, plural: podmonitors }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;

describe.runIf(assets !== undefined)('a real API server', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(assets!);
    cluster.kubectl(['apply', '-f', `${repository}deploy/helm/grantgate/crds`]);
    cluster.apply(podMonitors);
    cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    for (const namespace of ['grantgate', 'apps', 'shop'])
      cluster.kubectl(['create', 'namespace', namespace]);
  }, slow);
  afterAll(() => cluster.close());

  it.each(variants)(
    'accepts all objects of the chart (%s)',
    (variant) => {
      // The present output, if this machine has Helm; otherwise the last one.
      const manifests =
        helm === undefined ? readText(`${rendered}/${variant}.yaml`) : renderChart(helm, variant);
      const said = cluster.apply(manifests);
      expect(said).not.toMatch(/error|invalid|unknown|deprecated/i);
      expect(said.match(/ (created|configured|unchanged)$/gm)).toHaveLength(
        manifests.match(/^kind: /gm)!.length,
      );
    },
    slow,
  );

  it.runIf(hasController(assets))(
    'finds no type error in the expressions of the policies',
    async () => {
      for (const file of policies) cluster.apply(readText(`deploy/kubernetes/admission/${file}`));
      cluster.apply(control);
      cluster.startController('validatingadmissionpolicy-status-controller');
      const read = (): readonly NetworkPolicy[] => {
        const list = cluster.kubectl(['get', 'validatingadmissionpolicies', '-o', 'json']);
        return (JSON.parse(list) as { readonly items: readonly NetworkPolicy[] }).items;
      };
      expect(read().length).toBeGreaterThan(policies.length);
      const isChecked = ({ metadata, status }: NetworkPolicy): boolean =>
        status?.observedGeneration === metadata.generation && status.typeChecking !== undefined;
      const checked = await until(() => read().every(isChecked) && read());
      const faulty = checked.filter(({ status }) => status?.typeChecking?.expressionWarnings !== undefined);
      expect(faulty).toMatchObject([
        {
          metadata: { name: 'control' },
          status: { typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression' }] } },
        },
      ]);
    },
    slow,
  );
});
