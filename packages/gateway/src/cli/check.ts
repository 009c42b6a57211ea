import { readConfiguration } from './configuration.ts';
import type { Io } from './io.ts';
import { countProblems, formatCount, formatProblem, pluralize } from './problems.ts';
import { createStyle } from './style.ts';

export interface CheckFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** `grantgate check`: 1 when a problem is an error. */
export async function runCheck(paths: readonly string[], flags: CheckFlags, io: Io): Promise<number> {
  const { problems, prepared } = await readConfiguration(paths, flags.config, io);
  const count = countProblems(problems);
  if (flags.json === true) {
    const list = problems.map(({ place, ...problem }) => ({ ...place, ...problem }));
    io.stdout.write(`${JSON.stringify({ ...count, problems: list }, null, 2)}\n`);
  } else {
    const style = createStyle(io.stdout);
    for (const problem of problems) io.stdout.write(formatProblem(problem, style));
    const { routers, guards, services } = prepared;
    const found = [
      pluralize(routers.length, 'router'),
      pluralize(guards.size, 'middleware'),
      pluralize(services.size, 'service'),
    ];
    io.stdout.write(`${formatCount(count)} (${found.join(', ')})\n`);
  }
  return count.errors > 0 ? 1 : 0;
}
