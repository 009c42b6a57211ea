import { realpathSync } from 'node:fs';
import type { DynamicConfiguration } from '../config/dynamic.ts';
import type { NextTurn, Parts } from '../reload/turns.ts';
import { createTurns, finish } from '../reload/turns.ts';
import { readSecretFile } from '../secrets/secret-file.ts';
import type { BuildDeps } from './build.ts';
import { createBuild } from './build.ts';
import type { Holder } from './holder.ts';
import { createHolder } from './holder.ts';
import type { PrepareSources } from './prepare.ts';
import { createPrepare } from './prepare.ts';
import type { PreparedConfiguration } from './prepared.ts';

/** Applies successive configurations. */
export interface Updates {
  /** Prepares, builds and swaps in a new configuration. The first takes effect at once, later ones alternate with requests. */
  take(configuration: DynamicConfiguration): void;
  /** Resolves the secrets of the last configuration again, and applies it if one has changed. */
  refresh(): void;
  /** True while a configuration has not taken effect. */
  isPending(): boolean;
  /** Undefined until the first configuration. */
  readonly holder: Holder | undefined;
  /** Resolves when the last request has ended and all resources are closed. */
  close(): Promise<void>;
}

export interface UpdatesDeps extends Omit<BuildDeps, 'entryPoints'> {
  readonly env: PrepareSources['env'];
  readonly now?: PrepareSources['now'];
  readonly entryPoints: BuildDeps['entryPoints'];
  /** Called with a configuration before it takes effect, and the files with its secrets; requests are served in between. */
  readonly onPrepared: (prepared: PreparedConfiguration, files: ReadonlySet<string>) => void;
  /** Called immediately before it takes effect; nothing is accepted or served in between. */
  readonly onSwap?: (prepared: PreparedConfiguration) => void;
  /** Called once it has taken effect, before the next request is served. */
  readonly onApplied?: (prepared: PreparedConfiguration) => void;
  readonly onCloseError: (error: unknown) => void;
  /** Called between the parts of an update; default: the next part follows immediately. */
  readonly nextTurn?: NextTurn;
}

export function createUpdates(deps: UpdatesDeps): Updates {
  let files = new Set<string>();
  const prepare = createPrepare({
    env: deps.env,
    readFile(path) {
      files.add(path);
      return readSecretFile(path);
    },
    realPath(path) {
      // Watched even if the file does not exist yet.
      files.add(path);
      return realpathSync(path);
    },
    entryPoints: deps.entryPoints,
    now: deps.now,
  });
  const build = createBuild(deps);
  let last:
    { readonly configuration: DynamicConfiguration; readonly prepared: PreparedConfiguration } | undefined;
  let holder: Holder | undefined;
  const prepareNow = (configuration: DynamicConfiguration): PreparedConfiguration => {
    files = new Set();
    const prepared = prepare(configuration);
    last = { configuration, prepared };
    return prepared;
  };
  /** A configuration that has not been prepared. */
  let next: DynamicConfiguration | undefined;
  const turns = createTurns(deps.nextTurn);
  const update = function* (): Parts {
    const configuration = next ?? last?.configuration;
    if (configuration === undefined) return;
    const before = next === undefined ? last?.prepared : undefined;
    next = undefined;
    const prepared = prepareNow(configuration);
    if (before !== undefined && isUnchanged(before, prepared)) return;
    yield;
    deps.onPrepared(prepared, files);
    yield;
    const runtime = yield* build(prepared);
    yield;
    deps.onSwap?.(prepared);
    if (holder === undefined) holder = createHolder(runtime, deps.onCloseError);
    else holder.swap(runtime);
    deps.onApplied?.(prepared);
  };
  return {
    take(configuration) {
      next = configuration;
      if (holder === undefined) finish(update());
      else turns.run(update);
    },
    refresh() {
      if (last !== undefined) turns.run(update);
    },
    isPending: () => !turns.isIdle(),
    get holder() {
      return holder;
    },
    async close() {
      turns.close();
      await holder?.close();
    },
  };
}

function isSame(before: PreparedConfiguration['steps'], now: PreparedConfiguration['steps']): boolean {
  return Array.from(now).every(([name, step]) => before.get(name) === step);
}

/** Whether files and secrets are unchanged. */
const isUnchanged = (before: PreparedConfiguration, now: PreparedConfiguration): boolean =>
  isSame(before.steps, now.steps) && before.tls === now.tls && before.services === now.services;
