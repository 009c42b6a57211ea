import type { DynamicConfiguration, RouterConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import { sortProblems } from '../config/problem.ts';
import { createEntryPointModels, type EntryPointModels } from './entry-point-models.ts';
import type { EntryPoints } from './entry-points.ts';
import { createPrepareCombinations } from './prepare-combined.ts';
import { createPrepareMiddlewares } from './prepare-middleware.ts';
import { createPrepareNamed, createPrepareRouters } from './prepare-router.ts';
import type { PreparedConfiguration, PreparedRouter } from './prepared.ts';
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
  const models = createEntryPointModels(sources.entryPoints);
  const stages = createStages(sources.entryPoints, models);
  return (configuration) => prepareAll(models.apply(configuration), sources, stages);
}

/** The stages of a preparation; each remembers its last results. */
function createStages(entryPoints: EntryPoints | undefined, models: EntryPointModels) {
  const read = createReadRouter(entryPoints);
  let routers: readonly PreparedRouter[] = [];
  return {
    prepareMiddlewares: createPrepareMiddlewares(),
    prepareCombined: createPrepareCombinations(),
    // The problems of a router are reported once for all routers derived from it.
    prepareRouters: createPrepareRouters((router) => read(models.originOf(router))),
    prepareNamed: createPrepareNamed(),
    prepareTls: createPrepareTls(),
    prepareTransports: createPrepareTransports(),
    keepRouters: (now: readonly PreparedRouter[]) => (routers = keepList(routers, now)),
    findTlsRoutes: createFindTlsRoutes(entryPoints),
    expand: models.expand,
  };
}

function prepareAll(
  configuration: DynamicConfiguration,
  { env, readFile, realPath, now }: PrepareSources,
  stages: ReturnType<typeof createStages>,
): PreparedConfiguration {
  const { secrets, unreadSecrets, middlewares } = configuration;
  const readAt = now?.();
  const sources = { env, readFile: readOnce(readFile), realPath, secrets, unreadSecrets };
  const problems = new Set<Problem>(configuration.problems);
  const steps = stages.prepareCombined(middlewares, stages.prepareMiddlewares(middlewares, sources, readAt));
  for (const step of steps.values()) for (const problem of step.problems) problems.add(problem);
  const tls = stages.prepareTls(configuration.tls, sources);
  const { services, transports, ...reported } = stages.prepareTransports(
    configuration.serversTransports,
    configuration.services,
    sources,
  );
  for (const problem of [...tls.problems, ...reported.problems]) problems.add(problem);
  const surroundings = { middlewares, services, steps, tlsOptions: tls.options };
  const routers: PreparedRouter[] = [];
  const unmatchable: RouterConfig[] = [];
  const configs = [...configuration.routers.values()].flatMap(stages.expand);
  for (const [index, { router, problems: found }] of stages.prepareRouters(configs, surroundings).entries()) {
    for (const problem of found) problems.add(problem);
    if (router !== undefined) routers.push(router);
    else unmatchable.push(...configs.slice(index, index + 1));
  }
  const kept = stages.keepRouters(routers);
  const tlsRoutes = stages.findTlsRoutes(kept);
  for (const problem of tlsRoutes.problems) problems.add(problem);
  return Object.freeze({
    routers: kept,
    unmatchable: Object.freeze(unmatchable),
    middlewares,
    steps,
    named: stages.prepareNamed(surroundings),
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
