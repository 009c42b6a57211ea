import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import type { MetricDefinition } from '../../packages/gateway/src/observe/metrics/metric-definition.ts';
import { definitions } from '../../packages/gateway/src/observe/metrics/catalogue.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** Metrics of the catalogue for the names of series in a text; for an unknown series, undefined and the name. */
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

/** `make test` installs it there. */
const promtool = fileURLToPath(new URL('../../.promtool/promtool', import.meta.url));
const folder = fileURLToPath(new URL('../../examples/metrics', import.meta.url));

/** Output of promtool for a file; throws if promtool finds a mistake. */
const runPromtool = (...args: readonly string[]): string =>
  execFileSync(promtool, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

interface AlertRule {
  /** Undefined: a recording rule. */
  readonly alert?: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

describe('examples/metrics', () => {
  const alerts = parse(read('examples/metrics/alerts.yaml')) as { groups: { rules: AlertRule[] }[] };
  const rules = alerts.groups
    .flatMap((group) => group.rules)
    .filter((rule): rule is AlertRule & { alert: string } => rule.alert !== undefined);

  it('configures the gateway without problems, and scrapes the port that serves metrics', () => {
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

  it.each(rules)('$alert uses only metrics and labels that exist', ({ alert, expr, labels, annotations }) => {
    expect(alert).toMatch(/^Grantgate[A-Z]/);
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(unknownIn(expr)).toEqual([]);
    const known = new Set([
      'job',
      'le',
      ...metricsIn(expr).flatMap(([, definition]) => definition?.labels ?? []),
    ]);
    const matched = Array.from(expr.matchAll(/[{,]\s*(\w+)\s*(?:=|!=|=~|!~)"/g), ([, name]) => name!);
    const grouped = Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, names]) => names!.split(/,\s*/)).flat();
    const shown = Array.from(annotations.summary.matchAll(/\$labels\.(\w+)/g), ([, name]) => name!);
    for (const name of [...matched, ...grouped, ...shown]) expect(known).toContain(name);
    // A sum has only the labels by which it is grouped.
    expect(shown.filter((name) => grouped.length > 0 && !grouped.includes(name))).toEqual([]);
  });

  it('counts exactly those refusals against the error budget that are not the fault of callers', () => {
    const rule = alerts.groups.flatMap((group) => group.rules)[0]!;
    const counted = /code=~"([^"]*)"/.exec(rule.expr)![1]!.split('|');
    const refusals = Array.from(
      read('docs/reference/errors.md').matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm),
      ([, code, status]) => [code!, Number(status)] as const,
    );
    // A host that no option allows, a method that the gateway does not serve, and a deadline that the caller set.
    const faultsOfCallers = ['host_not_allowed', 'method_not_supported', 'deadline_exceeded'];
    const expected = refusals
      .filter(([code, status]) => status >= 500 && !faultsOfCallers.includes(code))
      .map(([code]) => code);
    expect(counted.sort()).toEqual(expected.sort());
    const dashboard = read('examples/metrics/dashboard.json');
    expect(dashboard).toContain(/code=~"([^"]*)"/.exec(rule.expr)![0].replaceAll('"', String.raw`\"`));
  });

  it('tests every alert', () => {
    const { tests } = parse(read('examples/metrics/alerts.test.yaml')) as {
      tests: { alert_rule_test?: { alertname: string; exp_alerts: object[] }[] }[];
    };
    const cases = tests.flatMap((test) => test.alert_rule_test ?? []);
    const firing = cases.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname);
    expect([...new Set(firing)].sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it.skipIf(!existsSync(promtool))('has rules that fire as expected, according to promtool', () => {
    expect(runPromtool('check', 'config', '--syntax-only', 'prometheus.yaml')).toContain('SUCCESS');
    expect(runPromtool('check', 'rules', 'alerts.yaml')).toContain('SUCCESS');
    expect(runPromtool('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
  });
});

interface GrafanaPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

interface GrafanaDashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly GrafanaPanel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | object }[];
  };
}

describe('the Grafana dashboard', () => {
  const dashboard = JSON.parse(read('examples/metrics/dashboard.json')) as GrafanaDashboard;
  const { panels } = dashboard;
  const queries = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ title, expr, legend: legendFormat })),
  );

  it('has panels of known types, each with its own number, that fill the grid without overlap', () => {
    expect(new Set(panels.map(({ type }) => type))).toEqual(
      new Set(['row', 'stat', 'timeseries', 'state-timeline', 'table']),
    );
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });

  it('queries only the chosen data source', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    expect(names).toEqual(['datasource', 'job', 'instance', 'entrypoint']);
    const asking = panels.filter(({ type }) => type !== 'row');
    expect(new Set(asking.map(({ datasource }) => JSON.stringify(datasource)))).toEqual(
      new Set(['{"type":"prometheus","uid":"${datasource}"}']),
    );
    for (const { targets = [] } of panels)
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    expect(unknownIn(JSON.stringify(dashboard.templating))).toEqual([]);
  });

  it.each(queries)('$title uses only metrics and labels that exist: $legend', ({ expr, legend }) => {
    expect(unknownIn(expr)).toEqual([]);
    const known = new Set([
      'job',
      'instance',
      'le',
      ...metricsIn(expr).flatMap(([, found]) => found?.labels ?? []),
    ]);
    const matched = Array.from(expr.matchAll(/[{,]\s*(\w+)\s*(?:=|!=|=~|!~)"/g), ([, name]) => name!);
    const grouped = Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, names]) => names!.split(/,\s*/)).flat();
    const shown = Array.from(legend.matchAll(/\{\{(\w+)\}\}/g), ([, name]) => name!);
    for (const name of [...matched, ...grouped]) expect(known).toContain(name);
    expect(shown.filter((name) => !grouped.includes(name))).toEqual([]);
    // Of the selected gateways.
    expect(expr).toContain('job=~"$job",instance=~"$instance"');
  });

  it.skipIf(!existsSync(promtool))('has queries that promtool can parse', () => {
    const rules = queries.map(({ expr }, at) => ({
      record: `panel_${at}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, 'x'),
    }));
    const file = join(mkdtempSync(join(tmpdir(), 'grantgate-panels-')), 'rules.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }));
    expect(runPromtool('check', 'rules', '--lint=none', file)).toContain(
      `SUCCESS: ${queries.length} rules found`,
    );
  });

  it('shows every metric of the catalogue that describes grantgate', () => {
    const expressions = queries.map(({ expr }) => expr).join('\n');
    const absent = Object.keys(definitions).filter(
      (name) => !new RegExp(`\\b${name}(?:_bucket|_sum|_count)?\\b`).test(expressions),
    );
    expect(absent.filter((name) => name.startsWith('grantgate_'))).toEqual([]);
  });
});

describe('the guide about metrics', () => {
  const guide = read('docs/guide/metrics.md');

  it('names only metrics that exist', () => {
    expect(unknownIn(guide).filter((name) => !guide.includes(`${name}_*`))).toEqual([]);
  });

  it('lists every label and its values, and no others', () => {
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
