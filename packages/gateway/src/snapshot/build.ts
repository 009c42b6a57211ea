import { isCombining, type Compile, type MiddlewareDeps, type StepKind } from '../middlewares/kind.ts';
import type { Step } from '../middlewares/step.ts';
import { createDerive, type LookUp } from '../reload/derive.ts';
import type { Use } from '../reload/shared-resources.ts';
import type { Parts } from '../reload/turns.ts';
import type { MatchContext } from '../routing/match-context.ts';
import type { Services } from '../upstream/create-upstream.ts';
import type { Generations } from '../reload/generations.ts';
import { createSuccession } from '../reload/generations.ts';
import type { EntryPoints } from './entry-points.ts';
import type { Runtime } from './holder.ts';
import type { CombinationOptions } from './prepare-combined.ts';
import type { PreparedMiddleware } from './prepare-middleware.ts';
import type { PreparedConfiguration } from './prepared.ts';
import { createRoutes, secretNamesOf } from './routes.ts';
import type { StepChain } from './snapshot.ts';
import { createTables, type Tables } from './tables.ts';
import { defaultOptionsName } from '../tls/options.ts';

export interface BuildDeps {
  readonly services: Services;
  readonly middlewares: MiddlewareDeps;
  readonly entryPoints: EntryPoints;
  /** Called with the steps that are about to take effect, by qualified name. */
  readonly onSteps?: ((steps: ReadonlyMap<string, Step>) => void) | undefined;
}

/** Opens the resources of a prepared configuration and makes it ready to serve, with one routing table per entry point. */
export type Build = (prepared: PreparedConfiguration) => Parts<Runtime>;

/** Reuses unchanged parts from one configuration to the next, and never changes an old configuration. */
export function createBuild({ services, middlewares, entryPoints, onSteps }: BuildDeps): Build {
  const running: Generations<PreparedMiddleware, Step> = createSuccession();
  const openStep = createOpenStep(middlewares);
  const combine = createCombine();
  const toRoutes = createRoutes();
  const toTables = createTables(entryPoints);
  let before:
    { readonly of: PreparedConfiguration['steps']; readonly steps: CurrentBuild['steps'] } | undefined;
  return function* (prepared) {
    const usable = [...prepared.steps.values()].filter(({ options }) => options !== undefined);
    const single = usable.filter(({ kind }) => !isCombining(kind));
    const opened = running.open(single, openStep);
    if (before?.of !== prepared.steps) {
      const steps = new Map(single.flatMap((one) => opened.get(one) ?? []).map((step) => [step.name, step]));
      const combined = combine(
        usable.filter(({ kind }) => isCombining(kind)),
        { steps },
      );
      for (const step of combined) if (step !== undefined) steps.set(step.name, step);
      before = { of: prepared.steps, steps };
      onSteps?.(before.steps);
    }
    const { steps } = before;
    yield;
    const upstreams = services.open(prepared.services, prepared.transports);
    yield;
    const tables = toTables(toRoutes(prepared.routers, { steps, upstreams: upstreams.byName }));
    return { ...serve({ tables, prepared, steps }), close: createClose([upstreams.close, opened.close]) };
  };
}

/** Separate from the routes, so that a runtime which waits for its last request does not keep them in memory. */
function createClose(closes: readonly (() => Promise<void>)[]): () => Promise<void> {
  return async () => {
    await Promise.all(closes.map((close) => close()));
  };
}

/** A step stays the same object while its middleware is unchanged. */
function createOpenStep(deps: MiddlewareDeps): (prepared: PreparedMiddleware) => Use<Step> {
  const compiles = new Map<StepKind, Compile<object>>();
  return ({ name, kind, options = {} }) => {
    if (isCombining(kind)) throw new TypeError(`${name} consists of others`);
    let compile = compiles.get(kind);
    if (compile === undefined) compiles.set(kind, (compile = kind.createCompile(deps)));
    const step = compile(options, name);
    return { value: step, release: async () => step.close?.() };
  };
}

/** A type alias, because `createDerive` does not accept an interface. */
type SingleSteps = { readonly steps: ReadonlyMap<string, Step> };

/** Combines several steps; stays the same object while they do. Undefined when one of them is missing. */
function createCombine(): (
  prepared: readonly PreparedMiddleware[],
  parts: SingleSteps,
) => readonly (Step | undefined)[] {
  return createDerive(({ name, kind, options }: PreparedMiddleware, lookUp: LookUp<SingleSteps>) => {
    // Steps that combine others were prepared with the names of these.
    const { members } = options as CombinationOptions;
    const found = members.flatMap((member) => lookUp('steps', member) ?? []);
    return isCombining(kind) && found.length === members.length ? kind.combine(name, found) : undefined;
  });
}

interface CurrentBuild {
  readonly tables: Tables;
  readonly prepared: PreparedConfiguration;
  readonly steps: ReadonlyMap<string, Step>;
}

function serve(first: CurrentBuild): Pick<Runtime, 'snapshot' | 'retire'> {
  let served: CurrentBuild | undefined = first;
  const known = new Map<string, StepChain>();
  return {
    snapshot: Object.freeze({
      match(context: MatchContext) {
        const { entryPoint, scheme } = context.facts;
        return served?.tables[scheme].get(entryPoint)?.match(context);
      },
      tlsOptionsOf: (entryPoint: string, router: string) =>
        served?.prepared.tlsRoutes.get(entryPoint)?.required.get(router) ?? defaultOptionsName,
      findSteps(name: string) {
        const before = known.get(name);
        if (before !== undefined || served === undefined) return before;
        const found = findNamed(name, served);
        if (found !== undefined) known.set(name, found);
        return found;
      },
      findMetadata: (path: string, host: string) => served && findMetadata(path, host, served.steps),
    }),
    retire() {
      served = undefined;
      known.clear();
    },
  };
}

function findMetadata(path: string, host: string, steps: ReadonlyMap<string, Step>): StepChain | undefined {
  const all = [...steps.values()].flatMap(({ name, metadata }) =>
    metadata?.path === path ? [{ name, metadata }] : [],
  );
  const found = all.find(({ metadata }) => metadata.host === host) ?? (all.length === 1 ? all[0] : undefined);
  return (
    found && {
      routerName: found.name,
      serviceName: undefined,
      steps: [{ name: found.name, onRequest: found.metadata.respond }],
      ...{ changesResponses: false, changesBodies: false, followsEnds: false, broken: undefined },
    }
  );
}

/** Finds a step by its qualified name, or by its short name for the file provider. */
function findNamed(name: string, { prepared, steps }: CurrentBuild): StepChain | undefined {
  const qualified = prepared.named.has(name) ? name : `${name}@file`;
  const named = prepared.named.get(qualified);
  if (named === undefined) return undefined;
  const found = named.steps.flatMap((step) => steps.get(step) ?? []);
  const incomplete = found.length === 0 || found.length < named.steps.length;
  return Object.freeze({
    routerName: qualified,
    serviceName: undefined,
    steps: Object.freeze(found),
    changesResponses: found.some(({ onResponse }) => onResponse !== undefined),
    changesBodies: found.some(({ wrapResponse }) => wrapResponse !== undefined),
    followsEnds: found.some(({ onEnd }) => onEnd !== undefined),
    secretNames: secretNamesOf(found),
    // A chain with a missing step refuses, like a route.
    broken:
      named.broken ??
      (incomplete ? 'a part of it is missing' : undefined) ??
      (found.some(({ rewritesTarget }) => rewritesTarget === true)
        ? 'it changes the path, which external authorization does not support'
        : undefined) ??
      (found.some(({ wrapResponse }) => wrapResponse !== undefined)
        ? 'it changes bodies, which external authorization does not support'
        : undefined) ??
      (found.some(({ needsServer }) => needsServer === true)
        ? 'it acts on responses of servers, which external authorization does not see'
        : undefined),
  });
}
