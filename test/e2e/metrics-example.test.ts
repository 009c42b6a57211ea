import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import type { MetricDefinition } from '../../packages/gateway/src/observe/metrics/catalogue.ts';
import { definitions } from '../../packages/gateway/src/observe/metrics/catalogue.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** Metrics of the catalogue for the names of series in a text, or undefined with the name as it is written. */
function metricsIn(text: string): (readonly [written: string, definition: MetricDefinition | undefined])[] {
  const all: Readonly<Record<string, MetricDefinition>> = definitions;
  return Array.from(text.matchAll(/\b(?:grantgate|nodejs|process)_\w+[a-z]\b(?!@|\*)/g), ([written]) => {
    const family = written.replace(/_(?:bucket|sum|count)$/, '');
    const ofHistogram = all[family]?.type === 'histogram' && family !== written;
    return [written, ofHistogram ? all[family] : all[written]] as const;
  });
}

const unknownIn = (text: string): readonly string[] =>
  metricsIn(text).flatMap(([written, definition]) => (definition === undefined ? [written] : []));

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

describe('examples/metrics', () => {
  const alerts = parse(read('examples/metrics/alerts.yaml')) as { groups: { rules: AlertRule[] }[] };
  const rules = alerts.groups.flatMap((group) => group.rules);

  it('has a gateway that is right, and scrapes where it answers', () => {
    const { config, problems } = parseInstall(read('examples/metrics/grantgate.yaml'), 'grantgate.yaml');
    expect(problems).toEqual([]);
    const { host, port } = config!.entryPoints.get('admin')!;
    const prometheus = parse(read('examples/metrics/prometheus.yaml')) as {
      rule_files: string[];
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    expect(prometheus.scrape_configs[0]!.static_configs[0]!.targets).toEqual([`${host}:${port}`]);
    expect(prometheus.scrape_configs[0]!.job_name).toBe('grantgate');
    expect(prometheus.rule_files).toEqual(['alerts.yaml']);
  });

  it.each(rules)(
    '$alert asks for metrics and labels that there are',
    ({ alert, expr, labels, annotations }) => {
      expect(alert).toMatch(/^Grantgate[A-Z]/);
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(unknownIn(expr)).toEqual([]);
      const known = new Set([
        'job',
        'le',
        ...metricsIn(expr).flatMap(([, definition]) => definition?.labels ?? []),
      ]);
      const matched = Array.from(expr.matchAll(/[{,]\s*(\w+)\s*(?:=|!=|=~|!~)"/g), ([, name]) => name!);
      const grouped = Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, names]) =>
        names!.split(/,\s*/),
      ).flat();
      const shown = Array.from(annotations.summary.matchAll(/\$labels\.(\w+)/g), ([, name]) => name!);
      for (const name of [...matched, ...grouped, ...shown]) expect(known).toContain(name);
      // A sum has only the labels that it is grouped by.
      expect(shown.filter((name) => grouped.length > 0 && !grouped.includes(name))).toEqual([]);
    },
  );

  it('has rules', () => {
    expect(rules.length).toBeGreaterThan(10);
  });
});

describe('the guide about metrics', () => {
  const guide = read('docs/guide/metrics.md');

  it('names no metric that there is not', () => {
    expect(unknownIn(guide).filter((name) => !guide.includes(`${name}_*`))).toEqual([]);
  });

  it('says what values every label has, and of no other', () => {
    const described = Array.from(
      guide.matchAll(/^\| `(\w+)` +\| (?!.*`(?:true|false)` +\|)/gm),
      ([, name]) => name!,
    );
    const options = ['buckets'];
    const labels = new Set(
      Object.values<MetricDefinition>(definitions).flatMap((definition) => definition.labels),
    );
    expect(described.filter((name) => !options.includes(name)).sort()).toEqual([...labels].sort());
  });
});
