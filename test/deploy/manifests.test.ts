import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import type { Permission } from '../../packages/gateway/src/providers/kubernetes/resources.ts';
import {
  gatewayPermissions,
  ingressPermissions,
  requiredPermissions,
} from '../../packages/gateway/src/providers/kubernetes/resources.ts';
import { createKubernetesValidator } from './kubernetes-schemas.testkit.ts';
import type { Manifest } from './manifests.testkit.ts';
import { listYaml, readManifests, readText } from './manifests.testkit.ts';

interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly containers: readonly [
    {
      readonly args: readonly string[];
      readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
      readonly startupProbe: Probe;
      readonly readinessProbe: Probe;
      readonly livenessProbe: Probe;
      readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
      readonly securityContext: object;
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    },
  ];
  readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
}

const validate = createKubernetesValidator();
const kustomization = parse(readText('deploy/kubernetes/kustomization.yaml')) as {
  readonly resources: readonly string[];
};
const plain = kustomization.resources.flatMap((path) => readManifests(`deploy/kubernetes/${path}`));
const namespaced = readManifests('deploy/kubernetes/namespaced/roles.yaml');
const metrics = ['network-policy', 'pod-monitor'].flatMap((name) =>
  readManifests(`deploy/kubernetes/metrics/${name}.yaml`),
);
const sets: readonly (readonly [string, readonly Manifest[], optional: boolean])[] = [
  ['plain', plain, true],
  ['namespaced', [...plain.filter(({ kind }) => !kind.startsWith('ClusterRole')), ...namespaced], true],
  ['the chart as it comes', readManifests('deploy/helm/rendered/default.yaml'), true],
  ['the chart with everything', readManifests('deploy/helm/rendered/everything.yaml'), false],
];

const toCalls = (permissions: readonly Permission[]): readonly string[] =>
  [
    ...new Set(
      permissions.flatMap(({ group, resource, verbs }) =>
        verbs.map((verb) => `${verb} ${group}/${resource}`),
      ),
    ),
  ].sort();

const allowedBy = (role: Manifest): readonly string[] =>
  (role['rules'] as readonly RoleRule[])
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    )
    .sort();

it.each([
  ['ingress', ingressPermissions],
  ['gateway', gatewayPermissions],
] as const)('grant in %s/roles.yaml the further API calls of its provider', (name, permissions) => {
  const [role, binding] = readManifests(`deploy/kubernetes/${name}/roles.yaml`);
  const usual = toCalls(requiredPermissions);
  expect(allowedBy(role!)).toEqual(toCalls(permissions).filter((call) => !usual.includes(call)));
  expect(binding).toMatchObject({ roleRef: { kind: 'ClusterRole', name: role!.metadata.name } });
  expect([role!, binding!].flatMap((manifest) => validate(manifest))).toEqual([]);
});

it('list every manifest in the kustomization, except optional ones and replacements', () => {
  const files = listYaml('deploy/kubernetes').map((path) => path.replace('deploy/kubernetes/', ''));
  expect(files.filter((file) => !kustomization.resources.includes(file))).toEqual([
    'admission/local-references.yaml',
    'admission/open-routes.yaml',
    'gateway/roles.yaml',
    'ingress/roles.yaml',
    'kustomization.yaml',
    'metrics/network-policy.yaml',
    'metrics/pod-monitor.yaml',
    'namespaced/roles.yaml',
  ]);
});

it('contain beside Traefik everything except the definitions and the policy for IngressRoutes', () => {
  const beside = parse(readText('deploy/kubernetes-beside-traefik/kustomization.yaml')) as {
    readonly resources: readonly string[];
    readonly patches: readonly {
      readonly target: { readonly kind: string; readonly name?: string };
      readonly patch: string;
    }[];
  };
  expect(beside.resources).toEqual(['../kubernetes']);
  const isDeleted = ({ kind, metadata }: Manifest): boolean =>
    beside.patches.some(
      ({ target, patch }) =>
        (parse(patch) as Readonly<Record<string, unknown>>)['$patch'] === 'delete' &&
        target.kind === kind &&
        (target.name ?? metadata.name) === metadata.name,
    );
  expect(plain.filter(isDeleted).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'CustomResourceDefinition ingressroutes.traefik.io',
    'CustomResourceDefinition middlewares.traefik.io',
    'CustomResourceDefinition serverstransports.traefik.io',
    'CustomResourceDefinition tlsoptions.traefik.io',
    'CustomResourceDefinition tlsstores.traefik.io',
    'CustomResourceDefinition traefikservices.traefik.io',
    'ValidatingAdmissionPolicy grantgate-ingressroutes',
    'ValidatingAdmissionPolicyBinding grantgate-ingressroutes',
  ]);
});

describe.each([
  ['plain', plain, metrics],
  ['the chart', readManifests('deploy/helm/rendered/everything.yaml'), undefined],
] as const)('the manifests for metrics (%s)', (_, manifests, more) => {
  const all = [...manifests, ...(more ?? [])];
  const { template } = all.find(({ kind }) => kind === 'Deployment')!['spec'] as {
    readonly template: { readonly metadata: Manifest['metadata']; readonly spec: PodSpec };
  };

  it('let Prometheus scrape the port of the entry point admin, which serves the metrics', () => {
    const monitor = all.find(({ kind }) => kind === 'PodMonitor')!;
    const { selector, podMetricsEndpoints } = monitor['spec'] as {
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
      readonly podMetricsEndpoints: readonly { readonly interval: string }[];
    };
    expect(monitor).toMatchObject({
      apiVersion: 'monitoring.coreos.com/v1',
      metadata: { namespace: 'grantgate' },
    });
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(podMetricsEndpoints).toEqual([
      { port: 'admin', path: '/metrics', interval: expect.stringMatching(/^\d+[sm]$/) as string },
    ]);
    expect(template.spec.containers[0].ports).toContainEqual({ name: 'admin', containerPort: 8080 });
  });

  it('allow only the named clients to reach the entry point admin', () => {
    const rules = all
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(
        ({ spec }) =>
          spec as {
            readonly podSelector: { readonly matchLabels: object };
            readonly ingress: readonly IngressRule[];
          },
      )
      .flatMap(({ podSelector, ingress }) => ingress.map((rule) => ({ ...rule, ...podSelector })))
      .filter(({ ports }) => ports.some(({ port }) => port === 'admin'));
    expect(rules).toHaveLength(1);
    expect(template.metadata.labels).toMatchObject(rules[0]!.matchLabels);
    expect(rules[0]!.from).toHaveLength(1);
    expect(rules[0]!.ports).toEqual([{ port: 'admin' }]);
  });

  it('are valid under the schemas of Kubernetes', () => {
    const own = (more ?? []).filter(({ kind }) => kind !== 'PodMonitor');
    expect(own.flatMap((manifest) => validate(manifest))).toEqual([]);
  });
});

interface IngressRule {
  readonly from?: readonly object[];
  readonly ports: readonly { readonly port: string }[];
}

describe.each(sets)('the manifests (%s)', (_, manifests, optional) => {
  const of = (kind: string): Manifest & { readonly spec: object } =>
    manifests.find((manifest) => manifest.kind === kind) as Manifest & { readonly spec: object };
  const { template, selector } = of('Deployment').spec as {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: { readonly metadata: Manifest['metadata']; readonly spec: PodSpec };
  };
  const pod = template.spec;
  const [container] = pod.containers;
  const configMap = of('ConfigMap') as unknown as Manifest & { readonly data: Record<string, string> };
  const install = parseInstall(configMap.data['grantgate.yaml'] ?? '', '/etc/grantgate/grantgate.yaml');

  it('are valid under the schemas of Kubernetes', () => {
    // The Prometheus Operator provides the schema of its kind.
    const known = manifests.filter(({ kind }) => kind !== 'PodMonitor');
    const problems = known.flatMap((manifest) =>
      validate(manifest).map((problem) => `${manifest.kind} ${manifest.metadata.name}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  it('stay within one namespace, except for objects of the cluster and of the namespaces that the provider reads', () => {
    const elsewhere = manifests.filter(({ metadata }) => metadata.namespace !== 'grantgate');
    const kinds = new Set(elsewhere.map(({ kind }) => kind.replace(/Binding$/, '')));
    for (const kind of kinds)
      expect([
        'Namespace',
        'ClusterRole',
        'Role',
        'CustomResourceDefinition',
        'ValidatingAdmissionPolicy',
      ]).toContain(kind);
  });

  it('grant exactly the API calls that the provider makes', () => {
    const isWhole = manifests.some(({ metadata }) => metadata.name.endsWith('-classes'));
    const permissions = isWhole
      ? [...requiredPermissions, ...ingressPermissions, ...gatewayPermissions]
      : requiredPermissions;
    const callsOf = (clusterWide: boolean): readonly string[] =>
      toCalls(
        permissions.filter(
          (permission) =>
            permission.clusterWide === clusterWide &&
            // Without Events; the chart has no value that disables the status of routes.
            (optional || permission.resource !== 'events'),
        ),
      );
    const roles = manifests.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
    expect(roles.length).toBeGreaterThan(0);
    for (const role of roles) {
      expect(allowedBy(role)).toEqual(callsOf(role.metadata.name.endsWith('-classes')));
      const binding = manifests.find(
        ({ kind, metadata }) =>
          kind === `${role.kind}Binding` &&
          metadata.name === role.metadata.name &&
          metadata.namespace === role.metadata.namespace,
      );
      const account = of('ServiceAccount').metadata;
      expect(binding).toMatchObject({
        roleRef: { kind: role.kind, name: role.metadata.name },
        subjects: [
          { kind: 'ServiceAccount', name: account.name, namespace: account.namespace ?? 'grantgate' },
        ],
      });
    }
    expect(pod).toMatchObject({ serviceAccountName: of('ServiceAccount').metadata.name });
  });

  it('select the pods that the Deployment creates', () => {
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(of('Service').spec).toMatchObject({ selector: selector.matchLabels });
    expect(of('PodDisruptionBudget').spec).toMatchObject({ selector });
    expect(of('NetworkPolicy').spec).toMatchObject({ podSelector: selector });
    for (const { labelSelector } of (
      pod as unknown as { readonly topologySpreadConstraints: readonly { readonly labelSelector: object }[] }
    ).topologySpreadConstraints)
      expect(labelSelector).toEqual(selector);
    const scalers = manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
    const isReplicated = 'replicas' in of('Deployment').spec;
    // Either the Deployment or the autoscaler sets the number of pods.
    expect(scalers.map((scaler) => scaler['spec'])).toMatchObject(
      isReplicated ? [] : [{ scaleTargetRef: { name: of('Deployment').metadata.name } }],
    );
  });

  it('mount a configuration that the gateway accepts, at the path where the Deployment reads it', () => {
    expect(install.problems).toEqual([]);
    expect(container.args).toEqual(['serve', '--config', '/etc/grantgate/grantgate.yaml']);
    const mount = container.volumeMounts.find(({ mountPath }) => mountPath === '/etc/grantgate');
    expect(pod.volumes.find(({ name }) => name === mount?.name)?.configMap?.name).toBe(
      configMap.metadata.name,
    );
  });

  it('agree with the configuration on ports, and keep the entry point admin out of the Service', () => {
    const written = parse(configMap.data['grantgate.yaml'] ?? '') as {
      readonly entryPoints: Readonly<Record<string, { readonly address: string }>>;
      readonly ping: unknown;
    };
    for (const { name, containerPort } of container.ports)
      expect(written.entryPoints[name]?.address).toBe(`:${containerPort}`);
    expect(container.ports.map(({ name }) => name)).toEqual(['web', 'admin']);
    expect(written.ping).toEqual({});
    for (const probe of [container.startupProbe, container.livenessProbe])
      expect(probe.httpGet).toEqual({ path: '/ping', port: 'admin' });
    // Alive while the API server is unavailable; ready after the cluster has been read.
    expect(container.readinessProbe.httpGet).toEqual({ path: '/ready', port: 'admin' });
    expect(of('Service').spec).toMatchObject({ ports: [{ targetPort: 'web' }] });
    const { ingress } = of('NetworkPolicy').spec as { readonly ingress: readonly IngressRule[] };
    const open = ingress.filter(({ from }) => from === undefined);
    expect(open).toEqual([{ ports: [{ port: 'web' }] }]);
  });

  it('give requests in flight time to finish before a pod is killed', () => {
    const written = parse(configMap.data['grantgate.yaml'] ?? '') as {
      readonly entryPoints: {
        readonly web: { readonly transport: { readonly lifeCycle: { readonly graceTimeOut: string } } };
      };
    };
    const grace = Number(/^(\d+)s$/.exec(written.entryPoints.web.transport.lifeCycle.graceTimeOut)?.[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
      grace + container.lifecycle.preStop.sleep.seconds,
    );
  });

  it('run without privileges, on a read-only file system', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      privileged: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(of('ServiceAccount')).toMatchObject({ automountServiceAccountToken: false });
    expect(pod).toMatchObject({ automountServiceAccountToken: true });
  });
});

it('the schemas reject a misspelt field, a wrong type and an unknown kind', () => {
  const deployment = plain.find(({ kind }) => kind === 'Deployment')!;
  const spec = deployment['spec'] as object;
  expect(validate({ ...deployment, spec: { ...spec, replica: 2 } }).join()).toContain('replica');
  expect(validate({ ...deployment, spec: { ...spec, replicas: 'two' } }).join()).toContain('replicas');
  expect(validate({ ...deployment, kind: 'Deploymint' }).join()).toContain('no schema');
});
