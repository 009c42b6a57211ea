import type { MiddlewareConfig, RouterConfig, ServiceConfig } from '../../config/dynamic.ts';
import type { Place, Problem } from '../../config/place.ts';
import { circuitBreaker } from '../../middlewares/circuit-breaker/kind.ts';
import { findKind } from '../../middlewares/kinds.ts';
import { entryPointsOf, type EntryPoints } from '../../snapshot/entry-points.ts';
import type { PreparedConfiguration, PreparedRouter } from '../../snapshot/prepared.ts';
import { redactOptions } from './redact.ts';
import { redactRule } from './redact-rule.ts';
import { toServiceView } from './service-view.ts';
import type { ApiStatus, MiddlewareView, RouterView, ServiceView } from './shapes.ts';

/** An active configuration as the API shows it; created on demand, once per configuration. */
export interface ConfigurationViews {
  readonly routers: ReadonlyMap<string, RouterView>;
  readonly services: ReadonlyMap<string, ServiceView>;
  readonly middlewares: ReadonlyMap<string, MiddlewareView>;
  /** Circuit breakers that requests pass on their way, by service. */
  readonly breakers: ReadonlyMap<string, readonly string[]>;
}

export function createConfigurationViews(
  entryPoints: EntryPoints,
): (prepared: PreparedConfiguration) => ConfigurationViews {
  const known = new WeakMap<PreparedConfiguration, ConfigurationViews>();
  return (prepared) => {
    const before = known.get(prepared);
    if (before !== undefined) return before;
    const views = toViews(prepared, entryPoints);
    known.set(prepared, views);
    return views;
  };
}

function toViews(prepared: PreparedConfiguration, entryPoints: EntryPoints): ConfigurationViews {
  const problemsOf = indexProblems(prepared.problems);
  const routers = [
    ...prepared.routers.map((router) => toRouterView(router, { prepared, entryPoints, problemsOf })),
    ...prepared.unmatchable.map((config) => toUnmatchable(config, entryPoints, problemsOf)),
  ];
  const users = findUsers(prepared);
  const services = Array.from(prepared.services.values(), (config) =>
    toServiceView(config, {
      ...identify(config, problemsOf(config)),
      usedBy: users.services.get(config.name),
    }),
  );
  const middlewares = Array.from(prepared.middlewares.values(), (config) =>
    toMiddlewareView(config, prepared, {
      problems: problemsOf(config),
      usedBy: users.middlewares.get(config.name),
    }),
  );
  return {
    routers: byName(routers),
    services: byName(services),
    middlewares: byName(middlewares),
    breakers: findBreakers(prepared),
  };
}

function findBreakers({ routers, steps }: PreparedConfiguration): ReadonlyMap<string, readonly string[]> {
  const breakers = new Map<string, readonly string[]>();
  for (const { config, steps: names } of routers) {
    const own = names.filter((name) => steps.get(name)?.kind === circuitBreaker);
    const known = breakers.get(config.service) ?? [];
    if (own.length > 0) breakers.set(config.service, [...new Set([...known, ...own])]);
  }
  return breakers;
}

const byName = <T extends { readonly name: string }>(views: readonly T[]): ReadonlyMap<string, T> =>
  new Map([...views].sort((a, b) => (a.name < b.name ? -1 : 1)).map((view) => [view.name, view]));

type ViewedEntry = Pick<RouterConfig | ServiceConfig | MiddlewareConfig, 'name' | 'place' | 'errors'>;
type ProblemsOf = (config: ViewedEntry) => readonly Problem[];

/** Finds problems by the name of an entry, with which their path begins, or by their object in a cluster. */
function indexProblems(problems: readonly Problem[]): ProblemsOf {
  const byKey = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = toProblemKey(problem);
    const list = byKey.get(key);
    if (list === undefined) byKey.set(key, [problem]);
    else list.push(problem);
  }
  return ({ name, place, errors }) => {
    const found = new Set<Problem>(errors);
    const [short = '', provider = ''] = name.split(/@(?=[^@]*$)/);
    for (const key of [name, provider === 'file' ? `file ${short}` : '', toObjectKey(place)])
      for (const problem of byKey.get(key) ?? []) found.add(problem);
    return [...found];
  };
}

function toProblemKey({ path, place }: Problem): string {
  const qualified = /^(.*?@[A-Za-z]+)(?=$|[.[])/.exec(path)?.[1];
  if (qualified !== undefined) return qualified;
  const short = /^http\.(?:routers|services|middlewares)\.([^.[]+)/.exec(path)?.[1];
  return short === undefined ? toObjectKey(place) : `file ${short}`;
}

const toObjectKey = ({ object }: Place): string =>
  object === undefined ? 'none' : `object ${object.kind}/${object.namespace}/${object.name}`;

export function formatPlace({ file, line, column, object }: Place): string {
  if (line > 0) return `${file}:${line}:${column}`;
  return object === undefined ? file : `${object.kind} ${object.namespace}/${object.name}`;
}

const toErrors = (problems: readonly Problem[]): readonly string[] =>
  problems.map(({ place, message }) => `${formatPlace(place)}: ${message}`);

interface Identity {
  readonly name: string;
  readonly provider: string;
  readonly status: ApiStatus;
  error?: string[];
  place?: string;
}

/** @param broken reason for being broken, in addition to its own problems. */
function identify({ name, place }: ViewedEntry, problems: readonly Problem[], broken?: string): Identity {
  const isBroken = broken !== undefined || problems.some(({ severity }) => severity === 'error');
  const errors = [...toErrors(problems)];
  if (broken !== undefined && errors.length === 0) errors.push(`${formatPlace(place)}: ${broken}`);
  const at = formatPlace(place);
  return {
    name,
    provider: name.slice(name.lastIndexOf('@') + 1),
    status: isBroken ? 'disabled' : problems.length > 0 ? 'warning' : 'enabled',
    ...(errors.length > 0 && { error: errors }),
    ...(at !== '' && { place: at }),
  };
}

interface RouterParts {
  readonly prepared: PreparedConfiguration;
  readonly entryPoints: EntryPoints;
  readonly problemsOf: ProblemsOf;
}

function toRouterView(
  { config, rule, steps, broken }: PreparedRouter,
  { prepared, entryPoints, problemsOf }: RouterParts,
): RouterView {
  const own = problemsOf(config);
  const isExplained = broken === undefined || own.some(({ severity }) => severity === 'error');
  const problems = isExplained ? own : [...own, ...findCause(config, prepared, problemsOf)];
  return {
    ...identify(config, problems, broken),
    ...describeRouter(config, entryPoints),
    priority: config.priority || rule.defaultPriority,
    ...(steps.length > 0 && { steps: [...steps] }),
  };
}

/** Problems of the parts of a router. */
function findCause(
  config: RouterConfig,
  { middlewares, services }: PreparedConfiguration,
  problemsOf: ProblemsOf,
): readonly Problem[] {
  const parts = [...config.middlewares.map((name) => middlewares.get(name)), services.get(config.service)];
  return parts
    .flatMap((part) => (part === undefined ? [] : problemsOf(part)))
    .filter(({ severity }) => severity === 'error');
}

const toUnmatchable = (
  config: RouterConfig,
  entryPoints: EntryPoints,
  problemsOf: ProblemsOf,
): RouterView => ({
  ...identify(config, problemsOf(config), 'its rule is invalid'),
  ...describeRouter(config, entryPoints),
  priority: config.priority ?? 0,
});

function describeRouter(
  config: RouterConfig,
  entryPoints: EntryPoints,
): Omit<RouterView, keyof Identity | 'priority' | 'steps'> {
  const using = entryPointsOf(config, entryPoints);
  return {
    entryPoints: config.entryPoints.length > 0 ? [...config.entryPoints] : [...using],
    using: [...using],
    rule: redactRule(config.rule),
    service: config.service,
    ...(config.middlewares.length > 0 && { middlewares: [...config.middlewares] }),
    ...(config.tls && { tls: { options: config.tlsOptions ?? 'default' } }),
  };
}

function toMiddlewareView(
  config: MiddlewareConfig,
  prepared: PreparedConfiguration,
  {
    problems,
    usedBy,
  }: { readonly problems: readonly Problem[]; readonly usedBy: readonly string[] | undefined },
): MiddlewareView {
  const kind = config.kind === undefined ? undefined : findKind(config.kind);
  const name = kind?.name ?? config.kind ?? 'unknown';
  return {
    ...identify(config, problems, prepared.named.get(config.name)?.broken),
    type: name.toLowerCase(),
    ...(usedBy !== undefined && { usedBy: [...usedBy] }),
    ...toOptionsView(config, prepared),
  };
}

/** The options of a middleware below the name of its kind, as a file of routes has them. */
export function toOptionsView(
  config: MiddlewareConfig,
  { steps }: Pick<PreparedConfiguration, 'steps'>,
): Record<string, unknown> {
  const kind = config.kind === undefined ? undefined : findKind(config.kind);
  if (kind === undefined) return {};
  const options = redactOptions(config.options, { readAt: steps.get(config.name)?.readAt });
  return kind.isPlugin ? { plugin: { [kind.name]: options } } : { [kind.name]: options };
}

/** Routers by the services and middlewares that they use, including those in chains. */
function findUsers({ routers, unmatchable, middlewares }: PreparedConfiguration) {
  const users = { services: new Map<string, string[]>(), middlewares: new Map<string, string[]>() };
  const note = (map: Map<string, string[]>, name: string, router: string): void => {
    const list = map.get(name);
    if (list === undefined) map.set(name, [router]);
    else if (list.at(-1) !== router) list.push(router);
  };
  for (const config of [...routers.map((router) => router.config), ...unmatchable]) {
    note(users.services, config.service, config.name);
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      note(users.middlewares, name, config.name);
      middlewares.get(name)?.members?.forEach(visit);
    };
    config.middlewares.forEach(visit);
  }
  return users;
}
