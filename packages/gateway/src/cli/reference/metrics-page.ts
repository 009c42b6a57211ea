import { definitions } from '../../observe/metrics/catalogue.ts';

/** How metrics of several workers are merged. */
const merges = { max: 'maximum', min: 'minimum' } as const;

/** The page about metrics: all metrics of `/metrics`, in its order. */
export function formatMetricsPage(): string {
  const rows = Object.entries(definitions).map(([name, { type, labels, help, merge }]) => {
    const names = labels.map((label) => `\`${label}\``).join(', ') || 'none';
    return `| \`${name}\` | ${type} | ${names} | ${help} | ${merge === undefined ? 'sum' : merges[merge]} |`;
  });
  return `# Metrics

Metrics of \`/metrics\` on the entry point \`admin\`, with [\`metrics.prometheus\`](install.md). The [guide](../guide/metrics.md) describes the
values of the labels, and what to watch. A histogram \`NAME\` has the series \`NAME_bucket\`, \`NAME_sum\` and \`NAME_count\`.

| metric | type | labels | meaning | several workers |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
