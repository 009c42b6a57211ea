import { definitions } from '../../observe/metrics/catalogue.ts';

/** How figures of several workers become one. */
const merges = { max: 'the greatest', min: 'the least' } as const;

/** The page about metrics: what `/metrics` can have, in its order. */
export function formatMetricsPage(): string {
  const rows = Object.entries(definitions).map(([name, { type, labels, help, merge }]) => {
    const names = labels.map((label) => `\`${label}\``).join(', ') || 'none';
    return `| \`${name}\` | ${type} | ${names} | ${help} | ${merge === undefined ? 'the sum' : merges[merge]} |`;
  });
  return `# Metrics

What \`/metrics\` of the entry point \`admin\` says with [\`metrics.prometheus\`](install.md). The [guide](../guide/metrics.md) has the values of the
labels, and what to watch. A histogram \`NAME\` has the series \`NAME_bucket\`, \`NAME_sum\` and \`NAME_count\`.

| metric | type | labels | meaning | several workers |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
