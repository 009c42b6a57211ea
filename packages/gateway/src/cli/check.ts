import { sortProblems } from '../config/problem.ts';
import { readConfiguration, toRelative } from './configuration.ts';
import type { ConnectionCheck } from './connect/connect.ts';
import { findInstall } from './find-install.ts';
import type { Io } from './io.ts';
import { countProblems, formatCount, formatProblem, pluralize } from './problems.ts';
import type { Style } from './style.ts';
import { createStyle } from './style.ts';
import { UsageError } from './usage-error.ts';

export interface CheckFlags {
  readonly config?: string;
  readonly connect?: boolean;
  readonly json?: boolean;
  /** Reads a cluster too. */
  readonly kubernetes?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: readonly string[];
  /** Lists objects of a cluster that are not served. */
  readonly verbose?: boolean;
}

/** `grantgate check`: 1 when a problem is an error. */
export async function runCheck(paths: readonly string[], flags: CheckFlags, io: Io): Promise<number> {
  const { kubernetes, kubeconfig, context, namespace } = flags;
  if (kubernetes !== true && (kubeconfig ?? context ?? namespace) !== undefined)
    throw new UsageError('--kubeconfig, --context and --namespace require --kubernetes');
  const cluster = kubernetes === true ? { kubeconfig, context, namespace } : undefined;
  const files =
    flags.config === undefined ? await findInstall(paths, io) : { paths, configFile: flags.config };
  const configuration = await readConfiguration(files.paths, files.configFile, io, cluster);
  const { prepared } = configuration;
  const connections =
    flags.connect === true
      ? await (await import('./connect/connect.ts')).tryConnections(configuration)
      : undefined;
  const found = (connections ?? []).flatMap(({ problem }) => problem ?? []);
  const problems = sortProblems([
    ...configuration.problems,
    ...found.map((problem) => toRelative(problem, io.cwd)),
  ]);
  const count = countProblems(problems);
  if (flags.json === true) {
    const list = problems.map(({ place, ...problem }) => ({ ...place, ...problem }));
    const tried = connections?.map(({ kind, target, middlewares, fault, detail }) => ({
      kind,
      target,
      middlewares,
      ok: fault === undefined,
      detail,
    }));
    io.stdout.write(
      `${JSON.stringify({ ...count, problems: list, notes: configuration.notes, connections: tried }, null, 2)}\n`,
    );
  } else {
    const style = createStyle(io.stdout);
    for (const problem of problems) io.stdout.write(formatProblem(problem, style));
    if (flags.verbose === true) for (const note of configuration.notes) io.stdout.write(`${note}\n`);
    for (const connection of connections ?? []) io.stdout.write(formatConnection(connection, style));
    const { routers, steps, services } = prepared;
    const parts = [
      pluralize(routers.length, 'router'),
      pluralize(steps.size, 'middleware'),
      pluralize(services.size, 'service'),
    ];
    io.stdout.write(`${formatCount(count)} (${parts.join(', ')})\n`);
  }
  return count.errors > 0 ? 1 : 0;
}

/** `store 127.0.0.1:6379: available` */
function formatConnection({ kind, target, fault, detail }: ConnectionCheck, style: Style): string {
  const paint = fault === undefined ? style.good : fault.severity === 'error' ? style.bad : style.caution;
  return `${kind} ${target}: ${paint(detail)}\n`;
}
