import type { Diagnostic } from '@grantgate/middleware/predicate/diagnostic';
import type {
  DynamicConfiguration,
  MiddlewareConfig,
  RouterConfig,
  ServiceConfig,
} from '../config/dynamic.ts';
import type { EntryPointConfig } from '../config/install.ts';
import type { Problem } from '../config/place.ts';
import { sortProblems } from '../config/problem.ts';
import { proposeName } from '@grantgate/middleware/base/names';
import type { Rule } from '../routing/rule.ts';
import { compileRule } from '../routing/rule.ts';
import type { PrepareGuard, PreparedGuard } from './prepare-guard.ts';
import { createPrepareGuard } from './prepare-guard.ts';

/** A configuration with everything read, looked up and compiled, and nothing opened: what `check` and `serve` agree on. */
export interface Prepared {
  readonly routers: readonly PreparedRouter[];
  /** By qualified name. */
  readonly guards: ReadonlyMap<string, PreparedGuard>;
  /** Every middleware as a proxy beside may name it, chains too, by qualified name. */
  readonly checks: ReadonlyMap<string, PreparedCheck>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** Everything that was found, the provider's findings included, in the order of their places. */
  readonly problems: readonly Problem[];
}

export interface PreparedRouter {
  readonly config: RouterConfig;
  readonly rule: Rule;
  /** Qualified names, outermost first; chains are flattened. */
  readonly guards: readonly string[];
  /** Why the router refuses every request, for the log; undefined for one that serves. */
  readonly broken: string | undefined;
}

/** A middleware, or a chain of them, without a route. */
export interface PreparedCheck {
  /** Qualified names, outermost first; chains are flattened. */
  readonly guards: readonly string[];
  /** Why it refuses every request, for the log; undefined for one that decides. */
  readonly broken: string | undefined;
}

/** What an entry point is to a router. */
export interface EntryPointFacts {
  readonly tls: boolean;
  /** False for one that answers the checks of a proxy beside, and nothing else. */
  readonly routes: boolean;
}

/** What entry points are to routers, by name. */
export function toEntryPointFacts(
  entryPoints: ReadonlyMap<string, EntryPointConfig>,
): ReadonlyMap<string, EntryPointFacts> {
  return new Map(
    [...entryPoints].map(([name, { tls, check }]) => [
      name,
      { tls: tls !== undefined, routes: check === undefined },
    ]),
  );
}

export interface PrepareSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  /** Entry points by name; undefined when they are not known, and routers' mentions of them are not checked. */
  readonly entryPoints: ReadonlyMap<string, EntryPointFacts> | undefined;
}

/** Name of the entry point that serves health and metrics, and no routes unless they name it. */
export const adminEntryPoint = 'admin';

/** Prepares a configuration. A router or middleware that is broken stays alone; all problems are found at once. */
export function prepare(configuration: DynamicConfiguration, sources: PrepareSources): Prepared {
  return createPrepare(sources)(configuration);
}

/** The same, again and again: what has not changed since is not read or compiled again, and stays the same object. */
export function createPrepare(sources: PrepareSources): (configuration: DynamicConfiguration) => Prepared {
  const prepareGuard = createPrepareGuard();
  const readRouter = createReadRouter(sources.entryPoints);
  return (configuration) => prepareAll(configuration, sources, { prepareGuard, readRouter });
}

interface Parts {
  readonly prepareGuard: PrepareGuard;
  readonly readRouter: (config: RouterConfig) => ReadRouter;
}

function prepareAll(
  configuration: DynamicConfiguration,
  { env, readFile }: PrepareSources,
  { prepareGuard, readRouter }: Parts,
): Prepared {
  const sources = { env, readFile: readOnce(readFile), secrets: configuration.secrets };
  const problems: Problem[] = [...configuration.problems];
  const guards = new Map<string, PreparedGuard>();
  for (const middleware of configuration.middlewares.values()) {
    if (middleware.kind !== 'oAuthClientCredentials') continue;
    const prepared = prepareGuard(middleware, sources);
    guards.set(middleware.name, prepared);
    problems.push(...prepared.problems);
  }
  const routers: PreparedRouter[] = [];
  for (const config of configuration.routers.values()) {
    const { rule, problems: found } = readRouter(config);
    problems.push(...found);
    // A rule that cannot be read matches nothing: nobody knows which requests it means.
    if (rule === undefined) continue;
    const names = flatten(config.middlewares, configuration.middlewares);
    const broken =
      firstError([...config.errors, ...found]) ??
      findBrokenMiddleware(names, configuration.middlewares, guards) ??
      findBrokenService(config.service, configuration.services);
    routers.push(
      Object.freeze({
        config,
        rule,
        guards: names.filter((name) => guards.has(name)),
        broken,
      }),
    );
  }
  const checks = new Map<string, PreparedCheck>();
  for (const name of configuration.middlewares.keys()) {
    const names = flatten([name], configuration.middlewares);
    const broken = findBrokenMiddleware(names, configuration.middlewares, guards);
    checks.set(name, Object.freeze({ guards: names.filter((guard) => guards.has(guard)), broken }));
  }
  return Object.freeze({
    routers,
    guards,
    checks,
    services: configuration.services,
    problems: Object.freeze(sortProblems(problems)),
  });
}

/** What can be said of a router by itself. */
interface ReadRouter {
  /** Undefined for one that cannot be read. */
  readonly rule: Rule | undefined;
  readonly problems: readonly Problem[];
}

function createReadRouter(entryPoints: PrepareSources['entryPoints']): (config: RouterConfig) => ReadRouter {
  const done = new WeakMap<RouterConfig, ReadRouter>();
  const read = (config: RouterConfig): ReadRouter => {
    const problems = entryPoints === undefined ? [] : checkEntryPoints(config, entryPoints);
    // A router without a rule has been reported by the provider.
    if (config.rule === '') return { rule: undefined, problems };
    const compiled = compileRule(config.rule);
    if (compiled.ok) return { rule: compiled.rule, problems };
    problems.push(...compiled.diagnostics.map((diagnostic) => toRuleProblem(config, diagnostic)));
    return { rule: undefined, problems };
  };
  return (config) => {
    let found = done.get(config);
    if (found === undefined) done.set(config, (found = read(config)));
    return found;
  };
}

/** Reads each file once, whatever the number of references to it: all of them get the same text, or the same error. */
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

function checkEntryPoints(
  router: RouterConfig,
  entryPoints: ReadonlyMap<string, EntryPointFacts>,
): Problem[] {
  const report = (severity: 'error' | 'warning', code: string, message: string): Problem => ({
    severity,
    place: router.place,
    code,
    path: `${router.name}.entryPoints`,
    message,
  });
  const missing = router.entryPoints.filter((name) => !entryPoints.has(name));
  const problems = missing.map((name) => {
    const hint = proposeName(name, [...entryPoints.keys()]);
    return report('error', 'missing_reference', `there is no entry point ${name}: ${hint}`);
  });
  for (const name of router.entryPoints)
    if (entryPoints.get(name)?.routes === false)
      problems.push(
        report(
          'error',
          'unreachable_router',
          `the entry point ${name} answers checks of a proxy and serves no routes`,
        ),
      );
  const known = entryPointsOf(router, entryPoints);
  if (problems.length === 0 && known.length === 0)
    problems.push(
      report(
        'warning',
        'unreachable_router',
        [...entryPoints.values()].some(({ routes }) => routes)
          ? `${router.name} has tls, and none of its entry points has`
          : `no entry point serves ${router.name}: all of them answer checks of a proxy`,
      ),
    );
  return problems;
}

/**
 * The entry points that a router answers on: those it names, or every one but `admin`; with `tls` only those that speak
 * TLS. As with Traefik's `entryPoints.NAME.http.tls`, an entry point with TLS gives it to all of its routers.
 */
export function entryPointsOf(
  { entryPoints: named, tls }: RouterConfig,
  entryPoints: ReadonlyMap<string, EntryPointFacts>,
): readonly string[] {
  const candidates =
    named.length > 0 ? named : [...entryPoints.keys()].filter((name) => name !== adminEntryPoint);
  return candidates.filter((name) => {
    const entryPoint = entryPoints.get(name);
    return entryPoint?.routes === true && (entryPoint.tls || !tls);
  });
}

function toRuleProblem({ name, rulePlace }: RouterConfig, { offset, message }: Diagnostic): Problem {
  return {
    severity: 'error',
    place: rulePlace(offset),
    code: 'invalid_rule',
    path: `${name}.rule`,
    message,
  };
}

/** Names of the middlewares that are no chains, in the order in which they are passed. Circles have been reported and end here. */
function flatten(
  names: readonly string[],
  middlewares: ReadonlyMap<string, MiddlewareConfig>,
): readonly string[] {
  if (!names.some((name) => middlewares.get(name)?.kind === 'chain')) return names;
  const flat: string[] = [];
  const open = new Set<string>();
  const visit = (name: string): void => {
    const middleware = middlewares.get(name);
    if (middleware?.kind !== 'chain' || middleware.errors.length > 0) {
      flat.push(name);
      return;
    }
    if (open.has(name)) return;
    open.add(name);
    middleware.middlewares.forEach(visit);
    open.delete(name);
  };
  names.forEach(visit);
  return flat;
}

const firstError = (problems: readonly Problem[]): string | undefined =>
  problems.find(({ severity }) => severity === 'error')?.message;

function findBrokenMiddleware(
  names: readonly string[],
  middlewares: ReadonlyMap<string, MiddlewareConfig>,
  guards: ReadonlyMap<string, PreparedGuard>,
): string | undefined {
  for (const name of names) {
    const fault = firstError(middlewares.get(name)?.errors ?? []);
    if (fault !== undefined || guards.get(name)?.options === undefined)
      return `the middleware ${name} cannot be used: ${fault ?? firstError(guards.get(name)?.problems ?? []) ?? 'it does not exist'}`;
  }
  return undefined;
}

function findBrokenService(name: string, services: ReadonlyMap<string, ServiceConfig>): string | undefined {
  const service = services.get(name);
  if (service === undefined) return `there is no service ${name}`;
  const fault = firstError(service.errors);
  return fault === undefined ? undefined : `the service ${name} cannot be used: ${fault}`;
}
