import { realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { InstallConfig } from '../config/install-config.ts';
import type { Problem } from '../config/place.ts';
import { parseInstall, shorthandInstall } from '../config/parse-install.ts';
import { sortProblems } from '../config/problem.ts';
import { configurationLimit } from '@grantgate/middleware/base/file-error';
import { loadFiles } from '../providers/file/load.ts';
import { translate } from '../providers/translate/translate.ts';
import type { Document } from '../config/document.ts';
import type { DynamicConfiguration } from '../config/dynamic.ts';
import { readSecretFile } from '../secrets/secret-file.ts';
import { toEntryPointFacts } from '../snapshot/entry-points.ts';
import { prepare } from '../snapshot/prepare.ts';
import type { PreparedConfiguration } from '../snapshot/prepared.ts';
import type { Io } from './io.ts';
import { assumeEntryPoints, findEntryPoints } from './known-entry-points.ts';
import { readInput } from './read-input.ts';
import type { ClusterFlags } from './read-cluster.ts';
import { UsageError } from './usage-error.ts';

export interface ReadInstall {
  /** Undefined when a problem is an error. */
  readonly config: InstallConfig | undefined;
  /** Their files are relative to the working directory. */
  readonly problems: readonly Problem[];
}

/** Reads `--config FILE`. */
export async function readInstall(file: string, io: Io): Promise<ReadInstall> {
  return parseInstallText(await readInput(file, io, configurationLimit), file, io.cwd);
}

/** Parses text that has already been read. */
export function parseInstallText(text: string, file: string, cwd: string): ReadInstall {
  const { config, problems } = parseInstall(text, resolve(cwd, file));
  const hint = `pass it without --config, as in grantgate serve ${file === '-' ? 'PATH' : file}`;
  const withHint = (problem: Problem): Problem =>
    problem.code === 'routes_file' ? { ...problem, message: `${problem.message}: ${hint}` } : problem;
  return { config, problems: problems.map((problem) => withHint(toRelative(problem, cwd))) };
}

export interface Configuration {
  readonly install: InstallConfig | undefined;
  readonly routes: DynamicConfiguration;
  readonly prepared: PreparedConfiguration;
  /** Objects of a cluster that are not served, one sentence per object. */
  readonly notes: readonly string[];
  /** Of all files, in the order of their positions; their files are relative to the working directory. */
  readonly problems: readonly Problem[];
}

/**
 * Reads everything that `serve` would read, without opening connections: the install configuration if there is one, the
 * routes in `paths` and in files of the install configuration, and with `cluster` those of a Kubernetes cluster.
 */
export async function readConfiguration(
  paths: readonly string[],
  configFile: string | undefined,
  io: Io,
  cluster?: ClusterFlags,
): Promise<Configuration> {
  assertPaths(paths);
  if (paths.length === 0 && configFile === undefined && cluster === undefined)
    throw new UsageError('expected paths of routes, or --config FILE');
  const install = configFile === undefined ? undefined : await readInstall(configFile, io);
  const routePaths = [
    ...paths.map((path) => resolve(io.cwd, path)),
    ...(install?.config?.providers.file?.paths ?? []),
  ];
  const files = await loadFiles(routePaths, {
    env: io.env,
    localReferences: install?.config?.providers.file?.localReferences,
  });
  const live =
    cluster && (await (await import('./read-cluster.ts')).readCluster(install?.config, cluster, io));
  const routes = translate(
    [...files.documents, ...(live?.documents ?? [])],
    [...files.problems, ...(live?.problems ?? [])],
    live?.unreadSecrets,
  );
  const { entryPoints, problems: assumed } =
    configFile === undefined && cluster === undefined
      ? knowEntryPoints(routePaths, files.installs, routes)
      : { entryPoints: install?.config && toEntryPointFacts(install.config.entryPoints), problems: [] };
  const prepared = prepare(routes, {
    env: io.env,
    readFile: readSecretFile,
    realPath: realpathSync,
    entryPoints,
  });
  const found = [...prepared.problems, ...assumed].map((problem) => toRelative(problem, io.cwd));
  return {
    install: install?.config,
    routes,
    prepared,
    notes: live?.notes ?? [],
    problems: sortProblems([...(install?.problems ?? []), ...found]),
  };
}

/**
 * Entry points for routes without an install configuration: those of an install configuration beside them, or the entry point
 * of the shorthand and those that routers name.
 */
function knowEntryPoints(
  paths: readonly string[],
  installs: readonly Document[],
  { routers }: DynamicConfiguration,
): ReturnType<typeof assumeEntryPoints> {
  const found = findEntryPoints(installs);
  return found === undefined
    ? assumeEntryPoints(toEntryPointFacts(shorthandInstall(paths).entryPoints), routers.values())
    : { entryPoints: found, problems: [] };
}

/**
 * An empty path, for example from an unset shell variable, would mean the working directory.
 * @throws UsageError
 */
export function assertPaths(paths: readonly string[]): void {
  if (paths.includes('')) throw new UsageError('a path is empty: expected the path of a file or directory');
}

/** A file below the working directory is shown relative to it. */
export function toRelative(problem: Problem, cwd: string): Problem {
  const { place } = problem;
  const path = relative(cwd, place.file);
  return place.object !== undefined || path.startsWith('..')
    ? problem
    : { ...problem, place: { ...place, file: path } };
}
