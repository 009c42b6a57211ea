import type { DynamicConfiguration, RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import { sortProblems } from '../config/problem.ts';
import { createEntryPointModels, type EntryPointModels } from './entry-point-models.ts';
import type { EntryPoints } from './entry-points.ts';
import type { ConfigurationMaps } from './find-steps.ts';
import { createPrepareCombinations, type PrepareCombinations } from './prepare-combined.ts';
import type { PrepareMiddlewares } from './prepare-middleware.ts';
import { createPrepareMiddlewares } from './prepare-middleware.ts';
import type { RouterResult } from './prepare-router.ts';
import { createPrepareNamed, createPrepareRouters } from './prepare-router.ts';
import type { PreparedConfiguration, PreparedSteps, PreparedRouter } from './prepared.ts';
import { createPrepareTls } from './prepare-tls.ts';
import { createPrepareTransports } from './prepare-transports.ts';
import { createFindTlsRoutes } from './tls-routes.ts';
import { keepList } from '../reload/list-changes.ts';
import { createReadRouter } from './read-router.ts';

export interface PrepareSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Returns the text of a file; throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
  /** Resolves the symbolic links of a path; throws when the file does not exist. */
  readonly realPath: (path: string) => string;
  /** Entry points by name; undefined when unknown, in which case routers' references to them are not checked. */
  readonly entryPoints: EntryPoints | undefined;
  /** Milliseconds since the epoch. Default: the time of reading secrets is not recorded. */
  readonly now?: (() => number) | undefined;
}

/** Prepares a configuration. A broken router or middleware does not affect others; all problems are found at once. */
export function prepare(configuration: DynamicConfiguration, sources: PrepareSources): PreparedConfiguration {
  return createPrepare(sources)(configuration);
}

/** Prepares successive configurations: unchanged parts are not read or compiled again, and stay the same objects. */
export function createPrepare(
  sources: PrepareSources,
): (configuration: DynamicConfiguration) => PreparedConfiguration {
  const prepareMiddlewares = createPrepareMiddlewares();
  const prepareCombined = createPrepareCombinations();
  const models = createEntryPointModels(sources.entryPoints);
  const read = createReadRouter(sources.entryPoints);
  // The problems of a router are reported once for all routers derived from it.
  const prepareRouters = createPrepareRouters((router) => read(models.originOf(router)));
  const prepareNamed = createPrepareNamed();
  const prepareTls = createPrepareTls();
  const prepareTransports = createPrepareTransports();
  const findTlsRoutes = createFindTlsRoutes(sources.entryPoints);
  let routers: readonly PreparedRouter[] = [];
  const keepRouters = (now: readonly PreparedRouter[]) => (routers = keepList(routers, now));
  return (configuration) =>
    prepareAll(models.apply(configuration), sources, {
      prepareMiddlewares,
      prepareCombined,
      prepareRouters,
      prepareNamed,
      prepareTls,
      prepareTransports,
      keepRouters,
      findTlsRoutes,
      expand: models.expand,
    });
}

interface PrepareStages {
  readonly prepareMiddlewares: PrepareMiddlewares;
  readonly prepareCombined: PrepareCombinations;
  readonly prepareRouters: (
    configs: readonly RouterConfig[],
    surroundings: ConfigurationMaps,
  ) => readonly RouterResult[];
  readonly prepareNamed: (surroundings: ConfigurationMaps) => ReadonlyMap<string, PreparedSteps>;
  readonly prepareTls: ReturnType<typeof createPrepareTls>;
  readonly prepareTransports: ReturnType<typeof createPrepareTransports>;
  readonly keepRouters: (routers: readonly PreparedRouter[]) => readonly PreparedRouter[];
  readonly findTlsRoutes: ReturnType<typeof createFindTlsRoutes>;
  readonly expand: EntryPointModels['expand'];
}

function prepareAll(
  configuration: DynamicConfiguration,
  { env, readFile, realPath, now }: PrepareSources,
  {
    prepareMiddlewares,
    prepareCombined,
    prepareRouters,
    prepareNamed,
    prepareTls,
    prepareTransports,
    keepRouters,
    findTlsRoutes,
    expand,
  }: PrepareStages,
): PreparedConfiguration {
  const { secrets, unreadSecrets, middlewares } = configuration;
  const readAt = now?.();
  const sources = { env, readFile: readOnce(readFile), realPath, secrets, unreadSecrets };
  const problems = new Set<Problem>(configuration.problems);
  const steps = prepareCombined(middlewares, prepareMiddlewares(middlewares, sources, readAt));
  for (const step of steps.values()) for (const problem of step.problems) problems.add(problem);
  const tls = prepareTls(configuration.tls, sources);
  const { services, transports, ...reported } = prepareTransports(
    configuration.serversTransports,
    configuration.services,
    sources,
  );
  for (const problem of [...tls.problems, ...reported.problems]) problems.add(problem);
  const surroundings = { middlewares, services, steps, tlsOptions: tls.options };
  const routers: PreparedRouter[] = [];
  const unmatchable: RouterConfig[] = [];
  const configs = [...configuration.routers.values()].flatMap(expand);
  for (const [index, { router, problems: found }] of prepareRouters(configs, surroundings).entries()) {
    for (const problem of found) problems.add(problem);
    if (router !== undefined) routers.push(router);
    else unmatchable.push(...configs.slice(index, index + 1));
  }
  const kept = keepRouters(routers);
  const tlsRoutes = findTlsRoutes(kept);
  for (const problem of tlsRoutes.problems) problems.add(problem);
  return Object.freeze({
    routers: kept,
    unmatchable: Object.freeze(unmatchable),
    middlewares,
    steps,
    named: prepareNamed(surroundings),
    services,
    transports,
    tls,
    tlsRoutes: tlsRoutes.byEntryPoint,
    problems: Object.freeze(sortProblems([...problems])),
  });
}

/** Reads each file once, however many references it has: all of them get the same text, or the same error. */
function readOnce(readFile: (path: string) => string): (path: string) => string {
  const results = new Map<string, () => string>();
  return (path) => {
    let result = results.get(path);
    if (result === undefined) {
      try {
        const text = readFile(path);
        result = () => text;
      } catch (error) {
        result = () => {
          throw error;
        };
      }
      results.set(path, result);
    }
    return result();
  };
}
