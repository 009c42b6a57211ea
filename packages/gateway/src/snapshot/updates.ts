import { realpathSync } from 'node:fs';
import type { DynamicConfiguration } from '../config/dynamic.ts';
import { readSecretFile } from '../secrets/secret-file.ts';
import type { BuildDeps } from './build.ts';
import { createBuild } from './build.ts';
import type { Holder } from './holder.ts';
import { createHolder } from './holder.ts';
import type { PrepareSources } from './prepare.ts';
import { createPrepare } from './prepare.ts';
import type { PreparedConfiguration } from './prepared.ts';

/** Makes configurations take effect, one after the other. */
export interface Updates {
  /** A whole new configuration: prepared, built and swapped in. */
  take(configuration: DynamicConfiguration): void;
  /** Looks the secrets of the last configuration up again; takes effect when one of them is another than before. */
  refresh(): void;
  /** Undefined until the first configuration. */
  readonly holder: Holder | undefined;
}

export interface UpdatesDeps extends Omit<BuildDeps, 'entryPoints'> {
  readonly env: PrepareSources['env'];
  readonly entryPoints: BuildDeps['entryPoints'];
  /** Called with the configuration that is about to take effect, and the files that hold its secrets. */
  readonly onPrepared: (prepared: PreparedConfiguration, files: ReadonlySet<string>) => void;
  readonly onCloseError: (error: unknown) => void;
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
      // What does not exist yet is watched too.
      files.add(path);
      return realpathSync(path);
    },
    entryPoints: deps.entryPoints,
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
  const use = (prepared: PreparedConfiguration): void => {
    deps.onPrepared(prepared, files);
    const runtime = build(prepared);
    if (holder === undefined) holder = createHolder(runtime, deps.onCloseError);
    else holder.swap(runtime);
  };
  return {
    take: (configuration) => use(prepareNow(configuration)),
    refresh() {
      if (last === undefined) return;
      const { configuration, prepared: before } = last;
      const prepared = prepareNow(configuration);
      if (Array.from(prepared.steps).some(([name, step]) => before.steps.get(name) !== step)) use(prepared);
    },
    get holder() {
      return holder;
    },
  };
}
