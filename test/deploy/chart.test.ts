import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findHelm, hashSources, renderChart, rendered, toGolden, variants } from './chart.testkit.ts';
import { readText, repository } from './manifests.testkit.ts';

const helm = findHelm();
const readValues = (path: string): unknown => parse(readText(path)) as unknown;

describe('the rendered chart', () => {
  it.each(variants)(
    'is rendered from the current chart (%s); otherwise run make helm-rendered',
    (variant) => {
      expect(readText(`${rendered}/${variant}.yaml`)).toContain(`\n# Sources: ${hashSources(variant)}\n`);
    },
  );

  // Helm is not installed on every machine: its last output is compared with the chart's sources above.
  it.runIf(helm !== undefined).each(variants)('is what Helm makes of it (%s)', async (variant) => {
    await expect(toGolden(variant, renderChart(helm!, variant))).toMatchFileSnapshot(
      `${repository}${rendered}/${variant}.yaml`,
    );
  });
});

describe('the values of the chart', () => {
  const schema = JSON.parse(readText('deploy/helm/grantgate/values.schema.json')) as {
    readonly properties: Readonly<Record<string, { readonly properties?: object }>>;
  };
  const isRight = new Ajv({ allErrors: true }).compile(schema);
  const defaults = readValues('deploy/helm/grantgate/values.yaml') as Record<string, unknown>;
  const wrong: readonly (readonly [string, unknown])[] = [
    ['replica', 2],
    ['replicas', -1],
    ['replicas', '2'],
    ['image', { repositry: 'grantgate' }],
    ['image', { repository: '' }],
    ['image', { digest: 'latest' }],
    ['image', { pullPolicy: 'Sometimes' }],
    ['config', 'log: {}'],
    ['namespaces', 'apps'],
    ['namespaces', ['Apps']],
    ['namespaces', ['apps', 'apps']],
    ['secretNames', ['a/b']],
    ['events', 'yes'],
    ['service', { type: 'ExternalName' }],
    ['service', { port: 0 }],
    ['autoscaling', { minReplicas: 0 }],
    ['autoscaling', { targetCPU: 70 }],
    ['metrics', { enabled: 'yes' }],
    ['metrics', { enabled: false, podMonitor: { enabled: true } }],
    ['metrics', { enabled: true, podMonitor: { interval: 'often' } }],
    ['networkPolicy', { egressPorts: ['https'] }],
    ['networkPolicy', { metricsFrom: [{}] }],
    ['graceSeconds', '30s'],
    ['env', [{ value: 'x' }]],
    ['volumeMounts', [{ name: 'tls' }]],
  ];

  it('are all in the schema, and the defaults are valid', () => {
    expect(isRight(defaults), JSON.stringify(isRight.errors)).toBe(true);
    expect(Object.keys(defaults).sort()).toEqual(
      Object.keys(schema.properties)
        .filter((name) => name !== 'global')
        .sort(),
    );
  });

  it('are all set in the variant with everything', () => {
    const everything = readValues(`${rendered}/everything.values.yaml`) as Record<string, unknown>;
    expect(isRight(everything), JSON.stringify(isRight.errors)).toBe(true);
    expect(Object.keys(everything).sort()).toEqual(Object.keys(defaults).sort());
  });

  it.each(wrong)('are rejected when they are invalid: %s %j', (name, value) => {
    expect(isRight({ ...defaults, [name]: value })).toBe(false);
  });

  // Helm is not installed on every machine.
  it.runIf(helm !== undefined)('are validated against the schema by Helm', () => {
    expect(() => renderChart(helm!, 'default', ['--set-json', 'replicas="2"'])).toThrow(/replicas/);
  });
});
