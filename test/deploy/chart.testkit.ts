import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { repository } from './manifests.testkit.ts';

const chart = 'deploy/helm/grantgate';
export const rendered = 'deploy/helm/rendered';

/** Variants by name: the values of each are in the same folder as its result. */
export const variants = ['default', 'everything'] as const;

/** Helm, if this machine has it: installed by `make helm`, or named by the variable HELM. */
export function findHelm(): string | undefined {
  return [process.env['HELM'], `${repository}.helm/helm`].find(
    (path) => path !== undefined && existsSync(path),
  );
}

/** Renders the chart; throws the errors of Helm. */
export function renderChart(helm: string, variant: string, more: readonly string[] = []): string {
  return execFileSync(
    helm,
    ['template', 'gate', chart, '--namespace', 'grantgate', '--kube-version', '1.34.0', '--values']
      .concat(`${rendered}/${variant}.values.yaml`)
      .concat(more),
    { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

/** Contents of a variant's file. */
export const toGolden = (variant: string, text: string): string =>
  `# Made by \`make helm-rendered\`: change the chart, not this file.\n# Sources: ${hashSources(variant)}\n${text}`;

/** Changes with every file that is a source of the rendered chart. */
export function hashSources(variant: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(`${repository}${chart}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('//', '/').slice(repository.length))
    .sort();
  for (const file of [...files, `${rendered}/${variant}.values.yaml`]) {
    const text = readFileSync(`${repository}${file}`, 'utf8');
    hash.update(`${file}\n${text.length}\n${text}`);
  }
  return hash.digest('hex');
}
