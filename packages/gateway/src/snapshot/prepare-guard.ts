import type { ClientCredentialsOptions, OptionProblem } from '@grantgate/middleware/options/options';
import { parseClientCredentials } from '@grantgate/middleware/options/parse';
import type { ClientCredentialsConfig } from '../config/dynamic.ts';
import { formatPath } from '../config/path.ts';
import type { Problem } from '../config/place.ts';
import type { LookUp, SharedSources } from '../secrets/resolve.ts';
import { isCurrent, resolveReferences } from '../secrets/resolve.ts';
import { checkAssertionFile } from './assertion-file.ts';

/** A middleware with its secrets looked up and its options read. */
export interface PreparedGuard {
  readonly name: string;
  /** Undefined for one that is broken, and refuses. */
  readonly options: ClientCredentialsOptions | undefined;
  readonly problems: readonly Problem[];
}

/** Prepares one `oAuthClientCredentials` middleware; says everything that is wrong with it at its place in the file. */
export type PrepareGuard = (middleware: ClientCredentialsConfig, sources: SharedSources) => PreparedGuard;

/** A middleware that is the same, and whose secrets are, is prepared once. */
export function createPrepareGuard(): PrepareGuard {
  const done = new WeakMap<ClientCredentialsConfig, Done>();
  return (middleware, sources) => {
    const before = done.get(middleware);
    if (before !== undefined && isCurrent(before.lookUps, sources)) return before.guard;
    const now = prepareGuard(middleware, sources);
    done.set(middleware, now);
    return now.guard;
  };
}

interface Done {
  readonly guard: PreparedGuard;
  readonly lookUps: readonly LookUp[];
}

function prepareGuard(middleware: ClientCredentialsConfig, sources: SharedSources): Done {
  const { name, namespace, localReferences } = middleware;
  const resolved = resolveReferences(middleware.options, { ...sources, namespace, localReferences });
  const parsed = parseClientCredentials(resolved.value);
  const unresolved = resolved.problems.filter(({ severity }) => severity === 'error');
  const checked =
    parsed.options &&
    checkAssertionFile(parsed.options, { ...sources, localReferences, written: middleware.options });
  const problems: readonly OptionProblem[] = [
    ...resolved.problems,
    ...(checked?.problems ?? []),
    // A reference that leads nowhere is one problem, not two.
    ...parsed.problems.filter(({ path }) => !unresolved.some((other) => isSamePath(path, other.path))),
  ];
  const guard = Object.freeze({
    name,
    options: unresolved.length > 0 ? undefined : checked?.options,
    problems: problems.map((problem) => toProblem(problem, middleware)),
  });
  return { guard, lookUps: resolved.lookUps };
}

const isSamePath = (a: OptionProblem['path'], b: OptionProblem['path']): boolean =>
  a.length === b.length && a.every((part, index) => part === b[index]);

function toProblem(
  { severity, path, code, message, within }: OptionProblem,
  { name, placeOf }: ClientCredentialsConfig,
): Problem {
  const part = code === 'unknown_option' || code === 'duplicate_option' ? 'key' : 'value';
  return {
    severity,
    place: placeOf(path, within?.offset ?? part),
    code,
    path: path.length === 0 ? name : `${name}.${formatPath(path)}`,
    message,
  };
}
