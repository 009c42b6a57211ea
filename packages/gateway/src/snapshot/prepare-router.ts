import type { MiddlewareConfig, RouterConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import { isCombining } from '../middlewares/kind.ts';
import { createDerive, type LookUp } from '../reload/derive.ts';
import { keepMap } from '../reload/list-changes.ts';
import type { StepNames, ConfigurationMaps } from './find-steps.ts';
import { findSteps, firstError } from './find-steps.ts';
import type { PreparedRouter, PreparedSteps } from './prepared.ts';
import type { ReadRouter } from './read-router.ts';

/** A router with its references resolved. */
export interface RouterResult {
  /** Undefined when the rule is invalid: such a router matches no request. */
  readonly router: PreparedRouter | undefined;
  readonly problems: readonly Problem[];
}

/** Prepares the routers of successive configurations. */
export function createPrepareRouters(
  read: (config: RouterConfig) => ReadRouter,
): (configs: readonly RouterConfig[], surroundings: ConfigurationMaps) => readonly RouterResult[] {
  return createDerive((config: RouterConfig, lookUp, before: RouterResult | undefined) => {
    const found = findSteps(config.middlewares, lookUp);
    const unusable = config.tlsOptions !== undefined && lookUp('tlsOptions', config.tlsOptions) === undefined;
    const services = [
      config.service,
      ...found.names.flatMap((name) => lookUp('middlewares', name)?.service ?? []),
    ];
    const broken = services.map((name) => findBrokenService(name, lookUp('services', name)));
    const own = read(config);
    const late = findLateSteps(config, found.names, lookUp);
    const now = prepareRouter(
      config,
      late.length === 0 ? own : { ...own, problems: [...own.problems, ...late] },
      found,
      broken.find((one) => one !== undefined),
      unusable,
    );
    // A service with other servers, or a middleware with another secret, does not change the router.
    return isSameRouter(before?.router, now.router) ? { ...now, router: before?.router } : now;
  });
}

/** Finds middlewares behind an authenticating one that belong in front of it: they have no effect on requests that it refuses. */
function findLateSteps(
  { name, place }: RouterConfig,
  names: readonly string[],
  lookUp: LookUp<Pick<ConfigurationMaps, 'steps'>>,
): readonly Problem[] {
  const steps = names.flatMap((step) => lookUp('steps', step) ?? []);
  const first = steps.findIndex(
    ({ kind, options }) =>
      isCombining(kind) || (options !== undefined && kind.authenticatesCallers?.(options) === true),
  );
  return steps.flatMap((step, index): readonly Problem[] =>
    first >= 0 && index > first && !isCombining(step.kind) && step.kind.precedesAuthenticators === true
      ? [
          {
            severity: 'warning',
            place,
            code: 'late_middleware',
            path: `${name}.middlewares`,
            message: `${step.name} has no effect on requests that ${steps[first]?.name ?? ''} refuses: put it before`,
          },
        ]
      : [],
  );
}

/** Problems of one configured router. */
function isSameRouter(a: PreparedRouter | undefined, b: PreparedRouter | undefined): boolean {
  return a !== undefined && b !== undefined && a.broken === b.broken && isSameList(a.steps, b.steps);
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, index) => name === b[index]);

function prepareRouter(
  config: RouterConfig,
  { rule, problems }: ReadRouter,
  found: StepNames,
  brokenService: string | undefined,
  hasUnusableTls: boolean,
): RouterResult {
  if (rule === undefined) return { router: undefined, problems };
  const broken =
    firstError([...config.errors, ...problems]) ??
    (hasUnusableTls ? `the TLS options ${config.tlsOptions ?? ''} are invalid` : undefined) ??
    found.broken ??
    brokenService;
  return { router: Object.freeze({ config, rule, steps: found.names, broken }), problems };
}

function findBrokenService(name: string, service: ServiceConfig | undefined): string | undefined {
  if (service === undefined) return `there is no service ${name}`;
  const fault = firstError(service.errors);
  return fault === undefined ? undefined : `the service ${name} is invalid: ${fault}`;
}

type StepsByName = ReadonlyMap<string, PreparedSteps>;

/** Prepares every middleware without a route, by qualified name. */
export function createPrepareNamed(): (surroundings: ConfigurationMaps) => StepsByName {
  const prepare = createDerive(
    (
      { name }: MiddlewareConfig,
      lookUp: LookUp<Pick<ConfigurationMaps, 'middlewares' | 'steps'>>,
    ): readonly [string, PreparedSteps] => {
      const { names: steps, broken } = findSteps([name], lookUp);
      return [name, Object.freeze({ steps, broken })];
    },
  );
  let before: StepsByName | undefined;
  return ({ middlewares, steps }) => {
    before = keepMap(before, new Map(prepare([...middlewares.values()], { middlewares, steps })));
    return before;
  };
}
